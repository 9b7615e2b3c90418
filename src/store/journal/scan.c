/*
 * The reader. It keeps a window of the file in memory, at least one record long. Tests:
 * ../journal_test.c
 */
#include "store/journal/scan.h"

#include "base/alloc.h"

#include <fcntl.h>
#include <sys/stat.h>

#define WINDOW ((size_t)256 << 10)

enum rc scan_init(struct scan *s, struct segments *segments, size_t max_record, struct err *e)
{
    *s = (struct scan){ .segments = segments, .max_record = max_record, .fd = -1 };
    s->sha = sha256_new();
    s->buf = mem_alloc(WINDOW);
    s->cap = WINDOW;
    if (s->sha && s->buf)
        return RC_OK;
    scan_done(s);
    return err_set(e, RC_NOMEM, "STORE-003", "not enough memory to read the journal");
}

static void leave(struct scan *s)
{
    if (s->fd >= 0)
        (void)close(s->fd); /* read only */
    s->fd = -1;
    s->buf_n = 0;
}

void scan_done(struct scan *s)
{
    leave(s);
    sha256_free(&s->sha);
    mem_free(s->buf);
    s->buf = NULL;
}

void scan_seek(struct scan *s, const struct position *pos)
{
    if (s->fd >= 0 && s->pos.at.segment != pos->at.segment)
        leave(s);
    s->pos = *pos;
    s->closed = false;
}

enum rc scan_enter(struct scan *s, uint64_t number, struct err *e)
{
    struct stat st;
    leave(s);
    enum rc rc = segment_open(s->segments->dir_fd, number, O_RDONLY, &s->fd, e);
    if (rc)
        return rc;
    if (fstat(s->fd, &st) != 0)
        return err_set(e, RC_IO, "STORE-030", "the journal cannot be read");
    s->size = (uint64_t)st.st_size;
    s->pos.at.segment = number;
    return RC_OK;
}

/* n bytes at `at` in the window, fewer only at `end`. */
static enum rc look(struct scan *s, uint64_t at, size_t n, uint64_t end, struct str *out,
                    struct err *e)
{
    if (at >= end) {
        *out = str_of("", 0);
        return RC_OK;
    }
    n = (size_t)(end - at < n ? end - at : n);
    if (at < s->buf_at || at + n > s->buf_at + s->buf_n) {
        size_t cap = size_max(n, WINDOW); /* one large record does not keep its memory */
        char *p = cap == s->cap ? s->buf : mem_grow(s->buf, cap);
        if (!p)
            return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for a record");
        s->buf = p;
        s->cap = cap;
        size_t want = (size_t)(end - at < s->cap ? end - at : s->cap);
        s->buf_n = 0;
        enum rc rc = segment_read(s->fd, at, s->buf, want, &s->buf_n, e);
        if (rc)
            return rc;
        s->buf_at = at;
    }
    size_t have = (size_t)(s->buf_at + s->buf_n - at);
    *out = str_of(s->buf + (at - s->buf_at), n < have ? n : have);
    return RC_OK;
}

enum rc scan_at(struct scan *s, uint64_t offset, uint64_t end, struct scan_item *out, struct err *e)
{
    struct scan_item item = { .what = SCAN_RECORD, .at = { s->pos.at.segment, offset } };
    enum rc rc = look(s, offset, RECORD_HEAD, end, &item.bytes, e);
    if (rc)
        return rc;
    if (record_head(item.bytes, s->max_record, &item.head) != RECORD_GOOD ||
        item.head.length > end - offset)
        return RC_MISSING;
    rc = look(s, offset, item.head.length, end, &item.bytes, e);
    if (rc)
        return rc;
    bool trusted = s->trust_from && item.head.seq >= s->trust_from;
    if (item.bytes.n < item.head.length || !(trusted || record_check(&item.head, item.bytes)))
        return RC_MISSING;
    *out = item;
    return RC_OK;
}

/* Behind a gap: is what follows item the end, or a record with its link? */
static enum rc follows(struct scan *s, const struct scan_item *item, uint64_t end, struct err *e)
{
    unsigned char link[RECORD_LINK];
    struct record_head next;
    struct str bytes = STR_NULL;
    record_link(item->bytes, s->sha, link);
    enum rc rc = look(s, item->at.offset + item->head.length, RECORD_HEAD, end, &bytes, e);
    if (rc)
        return rc;
    enum record_look seen = record_head(bytes, s->max_record, &next);
    if (seen == RECORD_MORE || seen == RECORD_EMPTY)
        return RC_OK;
    return seen == RECORD_GOOD && memcmp(next.prev, link, sizeof link) == 0 ? RC_OK : RC_MISSING;
}

/* The next place at or behind `offset` where a record may begin; `end`: there is none. */
static enum rc next_magic(struct scan *s, uint64_t *offset, uint64_t end, struct err *e)
{
    while (*offset + RECORD_HEAD <= end) {
        struct str bytes = STR_NULL;
        enum rc rc = look(s, *offset, WINDOW / 2, end, &bytes, e);
        if (rc)
            return rc;
        if (bytes.n < RECORD_ALIGN)
            break;
        const char *z = memchr(bytes.p, 'Z', bytes.n - RECORD_ALIGN + 1);
        if (!z) {
            *offset += (bytes.n - RECORD_ALIGN + 1) & ~(size_t)(RECORD_ALIGN - 1);
            *offset += bytes.n < 2 * RECORD_ALIGN ? RECORD_ALIGN : 0;
            continue;
        }
        uint64_t at = *offset + (uint64_t)(z - bytes.p);
        if (at % RECORD_ALIGN == 0 && memcmp(z, "ZRC", 3) == 0) {
            *offset = at;
            return RC_OK;
        }
        *offset = at - at % RECORD_ALIGN + RECORD_ALIGN;
    }
    *offset = end;
    return RC_OK;
}

enum rc scan_find(struct scan *s, uint64_t offset, uint64_t end, uint64_t min_seq,
                  struct scan_item *out, struct err *e)
{
    offset = (offset + RECORD_ALIGN - 1) & ~(uint64_t)(RECORD_ALIGN - 1);
    for (;; offset += RECORD_ALIGN) {
        struct scan_item item;
        enum rc rc = next_magic(s, &offset, end, e);
        if (rc || offset >= end)
            return rc ? rc : RC_MISSING;
        rc = scan_at(s, offset, end, &item, e);
        if (rc == RC_OK && item.head.seq < min_seq)
            continue;
        if (rc == RC_OK)
            rc = follows(s, &item, end, e);
        if (rc == RC_OK)
            rc = scan_at(s, offset, end, &item, e); /* the window may have moved */
        if (rc == RC_OK)
            *out = item;
        if (rc != RC_MISSING)
            return rc;
    }
}

/* A record handed out: stand behind it. */
static void pass(struct scan *s, const struct scan_item *item)
{
    s->pos.at.offset = item->at.offset + item->head.length;
    s->pos.seq = item->head.seq;
    s->closed = false;
    struct record_checkpoint c;
    if (item->head.kind == STORE_CHECKPOINT &&
        record_read_checkpoint(&item->head, item->bytes, &c, NULL) == RC_OK)
        s->closed = c.closes;
}

static void gap_to(struct scan *s, struct place to, bool missing, struct scan_item *out)
{
    *out = (struct scan_item){
        .what = SCAN_GAP, .at = s->pos.at, .to = to, .after_seq = s->pos.seq, .missing = missing
    };
    s->pos.at = to;
}

/* How far this segment may be read. */
static uint64_t end_of(const struct scan *s, const struct place *limit)
{
    if (limit && limit->segment == s->pos.at.segment && limit->offset < s->size)
        return limit->offset;
    return s->size;
}

/*
 * Stand at the start of the next segment. RC_MISSING: there is none. *jumped: numbers are missing
 * in between, or the one stood in is gone.
 */
static enum rc next_segment(struct scan *s, uint64_t from, bool *jumped, struct err *e)
{
    struct segment seg;
    leave(s);
    if (!segments_from(s->segments, from, &seg))
        return RC_MISSING;
    enum rc rc = scan_enter(s, seg.number, e);
    if (rc == RC_MISSING)
        return err_set(e, RC_IO, "STORE-037", "a segment vanished");
    if (rc)
        return rc;
    *jumped = seg.number != from;
    s->pos.at = (struct place){ seg.number, SEGMENT_HEAD };
    s->closed = false;
    return RC_OK;
}

/* Be in an open segment. */
static enum rc settle(struct scan *s, struct scan_item *out, bool *gap, struct err *e)
{
    bool jumped = false;
    struct place from = s->pos.at;
    *gap = false;
    if (s->fd >= 0)
        return RC_OK;
    struct segment seg;
    if (segments_from(s->segments, from.segment, &seg) && seg.number == from.segment) {
        enum rc rc = scan_enter(s, seg.number, e);
        if (rc != RC_MISSING)
            return rc;
        from.segment++;
    }
    enum rc rc = next_segment(s, from.segment, &jumped, e);
    if (rc)
        return rc;
    struct place to = s->pos.at;
    s->pos.at = from;
    gap_to(s, to, true, out);
    *gap = true;
    return RC_OK;
}

/* Nothing more can be read up to `end`: go to the next segment, over a gap unless it was closed. */
static enum rc turn(struct scan *s, uint64_t end, bool is_limit, struct scan_item *out,
                    bool *handed, struct err *e)
{
    struct place at = s->pos.at;
    bool closed = s->closed;
    bool jumped = false;
    *handed = false;
    if (is_limit) {
        /* up to the limit everything was committed, so what is left before it is damaged */
        gap_to(s, (struct place){ at.segment, end }, false, out);
        *handed = true;
        return RC_OK;
    }
    enum rc rc = next_segment(s, at.segment + 1, &jumped, e);
    if (rc)
        return rc;
    if (closed && !jumped)
        return RC_OK;
    struct place to = s->pos.at;
    s->pos.at = at;
    gap_to(s, to, jumped, out);
    *handed = true;
    return RC_OK;
}

/* One try: an item was handed out (*handed), or the place moved to another segment. */
static enum rc step(struct scan *s, const struct place *limit, struct scan_item *out, bool *handed,
                    struct err *e)
{
    enum rc rc = settle(s, out, handed, e);
    if (rc || *handed)
        return rc;
    uint64_t end = end_of(s, limit);
    bool is_limit = limit && limit->segment == s->pos.at.segment;
    rc = s->closed ? RC_MISSING : scan_at(s, s->pos.at.offset, end, out, e);
    if (rc == RC_OK && out->head.seq > s->pos.seq) {
        pass(s, out);
        *handed = true;
        return RC_OK;
    }
    if (rc && rc != RC_MISSING)
        return rc;
    if (!s->closed) {
        struct scan_item found;
        rc = scan_find(s, s->pos.at.offset, end, s->pos.seq + 1, &found, e);
        if (rc == RC_OK) {
            gap_to(s, found.at, false, out);
            *handed = true;
        }
        if (rc != RC_MISSING)
            return rc;
    }
    return turn(s, end, is_limit, out, handed, e);
}

enum rc scan_next(struct scan *s, const struct place *limit, struct scan_item *out, struct err *e)
{
    bool handed = false;
    while (!handed) {
        if (limit && place_cmp(s->pos.at, *limit) >= 0)
            break;
        struct position before = s->pos;
        enum rc rc = step(s, limit, out, &handed, e);
        if (rc == RC_MISSING) {
            s->pos = before; /* the end of what is there: more may come */
            break;
        }
        if (rc)
            return rc;
    }
    if (!handed)
        *out = (struct scan_item){ .what = SCAN_END, .at = s->pos.at };
    return RC_OK;
}
