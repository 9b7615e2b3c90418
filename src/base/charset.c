/*
 * Conversion between character sets and UTF-8, by our own codecs or by iconv.
 * Tests: charset_test.c, fuzz: charset_fuzz.c
 */
#include "base/charset.h"

#include "base/alloc.h"
#include "base/charset_int.h"

#include <errno.h>
#include <iconv.h>

#define NAME_MAX_BYTES 40
#define STAGE          1024 /* written here first, so that a full buffer is seen to the byte */
#define ASCII_RUN      16   /* from here on copying beats converting */

struct charset {
    char name[NAME_MAX_BYTES];
    const struct codec *codec; /* NULL: iconv */
    iconv_t in;                /* to UTF-8 */
    iconv_t out;               /* from UTF-8 */
    bool ascii;                /* as in struct codec */
};

/* HL7 table 0211, code to the set. The first row of a set gives the code to write. */
static const struct {
    struct str hl7;
    const char *name;
} table_0211[] = {
    { STR_INIT("ASCII"), "US-ASCII" },          { STR_INIT("8859/1"), "ISO-8859-1" },
    { STR_INIT("8859/2"), "ISO-8859-2" },       { STR_INIT("8859/3"), "ISO-8859-3" },
    { STR_INIT("8859/4"), "ISO-8859-4" },       { STR_INIT("8859/5"), "ISO-8859-5" },
    { STR_INIT("8859/6"), "ISO-8859-6" },       { STR_INIT("8859/7"), "ISO-8859-7" },
    { STR_INIT("8859/8"), "ISO-8859-8" },       { STR_INIT("8859/9"), "ISO-8859-9" },
    { STR_INIT("8859/15"), "ISO-8859-15" },     { STR_INIT("ISO IR6"), "US-ASCII" },
    { STR_INIT("ISO IR14"), "JIS_X0201" },      { STR_INIT("ISO IR87"), "ISO-2022-JP" },
    { STR_INIT("ISO IR159"), "ISO-2022-JP-2" }, /* the one of the family with JIS X 0212 */
    { STR_INIT("GB 18030-2000"), "GB18030" },   { STR_INIT("KS X 1001"), "EUC-KR" },
    { STR_INIT("CNS 11643-1992"), "EUC-TW" },   { STR_INIT("BIG-5"), "BIG5" },
    { STR_INIT("UNICODE UTF-8"), "UTF-8" },     { STR_INIT("UNICODE UTF-16"), "UTF-16" },
    { STR_INIT("UNICODE UTF-32"), "UTF-32" },   { STR_INIT("UNICODE"), "UTF-16" },
};

const char *charset_of_hl7(struct str name)
{
    name = str_trim(name);
    for (size_t i = 0; i < ZS_COUNT(table_0211); i++)
        if (str_ieq(name, table_0211[i].hl7))
            return table_0211[i].name;
    return NULL;
}

const char *charset_to_hl7(struct str name)
{
    for (size_t i = 0; i < ZS_COUNT(table_0211); i++)
        if (str_ieq(name, str_z(table_0211[i].name)))
            return table_0211[i].hl7.p;
    return NULL;
}

/* iconv's names for "whatever this machine uses"; OSF… are numbered aliases that include such. */
static bool is_platform_name(struct str name)
{
    static const char *const refused[] = { "", "CHAR", "WCHAR_T", "INTERNAL" };
    for (size_t i = 0; i < ZS_COUNT(refused); i++)
        if (str_ieq(name, str_z(refused[i])))
            return true;
    return str_ieq(str_sub(name, 0, 3), STR("OSF"));
}

static bool is_name(struct str name)
{
    if (is_platform_name(name) || name.n >= NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        char low = (char)(c | 0x20);
        bool letter = low >= 'a' && low <= 'z';
        if (!letter && !(c >= '0' && c <= '9') && !strchr("._:+-()", c))
            return false;
    }
    return true;
}

static enum rc no_such_set(struct err *e)
{
    return err_set(e, RC_MISSING, "BASE-020", "no such character set");
}

/* iconv takes a pointer to non-const bytes and does not write them. */
static char *unconst(const char *p)
{
    union {
        const char *in;
        char *out;
    } u = { .in = p };
    return u.out;
}

static bool is_open(iconv_t cd)
{
    return (intptr_t)cd != -1;
}

/* Does every ASCII byte stand for itself? (Shifts out of the first state are in copy_ascii.) */
static bool probe_ascii(iconv_t in)
{
    char from[0x80];
    char to[2 * sizeof from];
    for (size_t i = 0; i < sizeof from; i++)
        from[i] = (char)i;
    char *src = from;
    char *dst = to;
    size_t left = sizeof from;
    size_t room = sizeof to;
    return iconv(in, &src, &left, &dst, &room) == 0 && dst - to == sizeof from &&
           memcmp(from, to, sizeof from) == 0;
}

static enum rc open_iconv(struct charset *cs, struct err *e)
{
    cs->in = iconv_open("UTF-8", cs->name);
    if (is_open(cs->in))
        cs->out = iconv_open(cs->name, "UTF-8");
    if (is_open(cs->in) && is_open(cs->out)) {
        cs->ascii = probe_ascii(cs->in);
        return RC_OK;
    }
    if (errno == ENOMEM)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    return no_such_set(e);
}

enum rc charset_open(struct str name, struct charset **out, struct err *e)
{
    const char *hl7 = charset_of_hl7(name);
    name = hl7 ? str_z(hl7) : str_trim(name);
    if (!is_name(name))
        return no_such_set(e);
    struct charset *cs = mem_new(struct charset);
    if (!cs)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    cs->in = cs->out = (iconv_t)(intptr_t)-1;
    cs->codec = codec_find(name);
    if (cs->codec) {
        name = str_z(cs->codec->name);
        cs->ascii = cs->codec->ascii;
    }
    ZS_ASSERT(name.n > 0 && name.n < sizeof cs->name);
    memcpy(cs->name, name.p, name.n);
    enum rc rc = cs->codec ? RC_OK : open_iconv(cs, e);
    if (rc != RC_OK) {
        charset_free(&cs);
        return rc;
    }
    *out = cs;
    return RC_OK;
}

void charset_free(struct charset **cs)
{
    struct charset *c = *cs;
    if (!c)
        return;
    if (is_open(c->in))
        (void)iconv_close(c->in); /* fails for a bad handle only */
    if (is_open(c->out))
        (void)iconv_close(c->out); /* as above */
    mem_free(c);
    *cs = NULL;
}

const char *charset_name(const struct charset *cs)
{
    return cs->name;
}

/* One conversion under way. */
struct run {
    struct charset *cs;
    struct str in;
    size_t at; /* next byte of in */
    enum charset_policy policy;
    struct buf *out;
    struct charset_loss loss;
};

static void run_loss(struct run *r)
{
    if (r->loss.count++ == 0)
        r->loss.first_at = r->at;
}

/* A run of ASCII bytes is copied; returns whether anything is left. */
static bool copy_ascii(struct run *r)
{
    static const char shifts[] = { 0x0e, 0x0f, 0x1b }; /* SO, SI, ESC: what ISO 2022 goes by */
    if (r->cs->ascii) {
        struct str run = str_from(r->in, r->at);
        run.n = utf8_ascii_run(run);
        for (size_t i = 0; i < sizeof shifts && !r->cs->codec; i++)
            run.n = size_min(run.n, str_chr(run, shifts[i], 0));
        buf_str(r->out, run);
        r->at += run.n;
    }
    return r->at < r->in.n && r->out->failed == RC_OK;
}

static void add_char(struct run *r, uint32_t cp)
{
    char bytes[4];
    buf_add(r->out, bytes, utf8_put(cp, bytes));
}

/* The byte (or unit) at r->at is not of the set. */
static enum rc decode_bad(struct run *r, size_t unit, struct err *e)
{
    if (r->policy == CHARSET_REJECT)
        return err_set_at(e, RC_SYNTAX, "BASE-021", r->at, "a byte is not of the set %s",
                          r->cs->name);
    run_loss(r);
    size_t at = r->at;
    uint32_t cp = UTF8_BAD;
    if (r->policy == CHARSET_FALLBACK && unit == 1)
        cp = codec_windows_1252()->next(r->in, &at);
    if (cp == UTF8_BAD)
        buf_z(r->out, UTF8_REPLACE);
    else
        add_char(r, cp);
    r->at += size_min(unit, r->in.n - r->at);
    return RC_OK;
}

/*
 * Characters one by one into a stage, until it is full, a place is bad (true), or a run of ASCII
 * has become long enough to be copied instead.
 */
static bool decode_stage(struct run *r, const struct codec *codec)
{
    char stage[STAGE];
    size_t used = 0;
    size_t plain = 0;
    bool bad = false;
    while (!bad && r->at < r->in.n && used <= sizeof stage - 4 && plain < ASCII_RUN) {
        char c = r->in.p[r->at];
        if (codec->ascii && (unsigned char)c < 0x80) {
            stage[used++] = c;
            r->at++;
            plain++;
            continue;
        }
        uint32_t cp = codec->next(r->in, &r->at);
        bad = cp == UTF8_BAD;
        used += bad ? 0 : utf8_put(cp, stage + used);
        plain = 0;
    }
    buf_add(r->out, stage, used);
    return bad;
}

static enum rc decode_by_codec(struct run *r, struct err *e)
{
    size_t skip = 0;
    const struct codec *codec = codec_by_mark(r->cs->codec, r->in, &skip);
    r->at = skip;
    while (copy_ascii(r)) {
        enum rc rc = decode_stage(r, codec) ? decode_bad(r, codec->unit, e) : RC_OK;
        if (rc != RC_OK)
            return rc;
    }
    return buf_rc(r->out, e);
}

/*
 * Feed iconv from r->at on. True when everything was taken; false with r->at on a place it cannot
 * convert, or when the buffer is full.
 */
static bool iconv_feed(struct run *r, iconv_t cd)
{
    while (r->at < r->in.n && r->out->failed == RC_OK) {
        char stage[STAGE];
        char *src = unconst(r->in.p + r->at);
        char *dst = stage;
        size_t left = r->in.n - r->at;
        size_t room = sizeof stage;
        size_t done = iconv(cd, &src, &left, &dst, &room);
        int why = errno;
        buf_add(r->out, stage, (size_t)(dst - stage));
        r->at = r->in.n - left;
        if (done == SIZE_MAX && why != E2BIG)
            return false;
    }
    return r->out->failed == RC_OK;
}

/* Back to the first state; what that takes is written. */
static void iconv_finish(struct run *r, iconv_t cd)
{
    char stage[64];
    char *dst = stage;
    size_t room = sizeof stage;
    if (iconv(cd, NULL, NULL, &dst, &room) != SIZE_MAX)
        buf_add(r->out, stage, (size_t)(dst - stage));
}

static void iconv_start(iconv_t cd)
{
    (void)iconv(cd, NULL, NULL, NULL, NULL); /* a reset cannot fail */
}

static enum rc decode_by_iconv(struct run *r, struct err *e)
{
    iconv_start(r->cs->in);
    (void)copy_ascii(r); /* the loop tests for itself what is left */
    while (!iconv_feed(r, r->cs->in)) {
        if (r->out->failed)
            return buf_rc(r->out, e);
        enum rc rc = decode_bad(r, 1, e);
        if (rc != RC_OK)
            return rc;
    }
    iconv_finish(r, r->cs->in);
    return buf_rc(r->out, e);
}

static struct run run_of(struct charset *cs, struct str in, enum charset_policy policy,
                         struct buf *out)
{
    return (struct run){ .cs = cs,
                         .in = in,
                         .policy = policy,
                         .out = out,
                         .loss = { .count = 0, .first_at = ERR_NO_POS } };
}

enum rc charset_decode(struct charset *cs, struct str in, enum charset_policy policy,
                       struct buf *out, struct charset_loss *loss, struct err *e)
{
    struct run r = run_of(cs, in, policy, out);
    enum rc rc = cs->codec ? decode_by_codec(&r, e) : decode_by_iconv(&r, e);
    if (loss)
        *loss = r.loss;
    return rc;
}

/* The character of `in` at r->at is not in the set: '?' instead, or an error. */
static enum rc encode_bad(struct run *r, struct err *e)
{
    if (r->policy == CHARSET_REJECT)
        return err_set_at(e, RC_VALUE, "BASE-023", r->at, "a character is not in the set %s",
                          r->cs->name);
    run_loss(r);
    (void)utf8_next(r->in, &r->at); /* valid: looked at before */
    return RC_OK;
}

static enum rc encode_by_codec(struct run *r, struct err *e)
{
    const struct codec *codec = r->cs->codec;
    char bytes[4];
    buf_str(r->out, codec->mark);
    while (copy_ascii(r)) {
        size_t at = r->at;
        uint32_t cp = utf8_next(r->in, &at);
        size_t n = codec->put(cp, bytes);
        if (n == 0) {
            enum rc rc = encode_bad(r, e);
            if (rc != RC_OK)
                return rc;
            n = codec->put('?', bytes);
            at = r->at;
        }
        buf_add(r->out, bytes, n);
        r->at = at;
    }
    return buf_rc(r->out, e);
}

/* '?' goes through iconv too: a set with states must know. */
static void iconv_question(struct run *r, iconv_t cd)
{
    struct run one = run_of(r->cs, STR("?"), r->policy, r->out);
    (void)iconv_feed(&one, cd); /* a set without '?' drops the character; loss says so */
}

static enum rc encode_by_iconv(struct run *r, struct err *e)
{
    iconv_t cd = r->cs->out;
    iconv_start(cd);
    (void)copy_ascii(r); /* as in decode */
    while (!iconv_feed(r, cd)) {
        if (r->out->failed)
            return buf_rc(r->out, e);
        enum rc rc = encode_bad(r, e);
        if (rc != RC_OK)
            return rc;
        iconv_question(r, cd);
    }
    iconv_finish(r, cd);
    return buf_rc(r->out, e);
}

enum rc charset_encode(struct charset *cs, struct str in, enum charset_policy policy,
                       struct buf *out, struct charset_loss *loss, struct err *e)
{
    struct run r = run_of(cs, in, policy, out);
    size_t bad = 0;
    if (!utf8_is_valid(in, &bad))
        return err_set_at(e, RC_SYNTAX, "BASE-022", bad, "not UTF-8");
    enum rc rc = cs->codec ? encode_by_codec(&r, e) : encode_by_iconv(&r, e);
    if (loss)
        *loss = r.loss;
    return rc;
}
