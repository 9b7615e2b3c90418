/* Terms and packed postings. Tests: terms_test.c, ../journal_test.c */
#include "store/journal/terms.h"

#include "base/arena.h"
#include "store/varint.h"

uint64_t term_hash(const struct hash_key *key, int kind, struct str value)
{
    struct hash_sip h;
    hash_sip64_init(&h, key);
    hash_sip_u64(&h, (uint64_t)kind);
    hash_sip_add(&h, str_sub(value, 0, TERM_BYTES));
    return hash_sip64_end(&h) >> 1; /* so that it stays its own order as a signed number */
}

struct str term_type_head(struct str type)
{
    size_t at = str_chr(type, '^', 0);
    return at == SIZE_MAX ? STR("") : str_sub(type, 0, at);
}

struct str term_peer_host(struct str peer)
{
    for (size_t i = peer.n; i > 0; i--)
        if (peer.p[i - 1] == ':')
            return str_sub(peer, 0, i - 1);
    return STR("");
}

enum rc term_list(const struct hash_key *key, const struct store_intake *in, struct arena *a,
                  uint64_t **out, size_t *n, struct err *e)
{
    const struct {
        int kind;
        struct str value;
    } own[] = {
        { TERM_CONTROL_ID, in->control_id },
        { TERM_CHANNEL, in->channel },
        { TERM_TYPE, in->type },
        { TERM_TYPE_HEAD, term_type_head(in->type) },
        { TERM_PEER, in->peer },
        { TERM_PEER_HOST, term_peer_host(in->peer) },
    };
    uint64_t *list = arena_make(a, uint64_t, ZS_COUNT(own) + in->n_terms);
    size_t used = 0;
    if (!list)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for search terms");
    for (size_t i = 0; i < ZS_COUNT(own); i++)
        if (own[i].value.n)
            list[used++] = term_hash(key, own[i].kind, own[i].value);
    for (size_t i = 0; i < in->n_terms; i++)
        if (in->terms[i].value.n)
            list[used++] = term_hash(key, (int)in->terms[i].kind, in->terms[i].value);
    *out = list;
    *n = used;
    return RC_OK;
}

/* ---- sorting ------------------------------------------------------------------------------ */

#define DIGIT_BITS 11
#define DIGITS     (1u << DIGIT_BITS)

/* One stable pass by the digit at `shift`. */
static void radix_pass(const struct posting *from, struct posting *to, size_t n, unsigned shift)
{
    uint32_t at[DIGITS] = { 0 };
    for (size_t i = 0; i < n; i++)
        at[from[i].term >> shift & (DIGITS - 1)]++;
    uint32_t sum = 0;
    for (size_t d = 0; d < DIGITS; d++) {
        uint32_t count = at[d];
        at[d] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[at[from[i].term >> shift & (DIGITS - 1)]++] = from[i];
}

static int by_term(const struct posting *a, const struct posting *b)
{
    if (a->term != b->term)
        return a->term < b->term ? -1 : 1;
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

void postings_sort(struct posting *p, struct posting *scratch, size_t n)
{
    ZS_ASSERT(n <= UINT32_MAX);
    /* three passes order the 33 top bits; what is left are the rare neighbours that share those */
    radix_pass(p, scratch, n, 63 - 3 * DIGIT_BITS);
    radix_pass(scratch, p, n, 63 - 2 * DIGIT_BITS);
    radix_pass(p, scratch, n, 63 - DIGIT_BITS);
    for (size_t i = 0; i < n; i++) {
        struct posting one = scratch[i];
        size_t k = i;
        for (; k > 0 && by_term(&p[k - 1], &one) > 0; k--)
            p[k] = p[k - 1];
        p[k] = one;
    }
}

/* ---- pages -------------------------------------------------------------------------------- */

void packer_init(struct packer *k, uint64_t base)
{
    k->base = base;
    k->open = false;
    k->page.n = 0;
}

static size_t encode(const struct packer *k, const struct posting *p, unsigned char *out)
{
    if (p->term == k->last.term)
        return varint_put(out, (p->seq - k->last.seq) << 1);
    size_t n = varint_put(out, (p->term - k->last.term) << 1 | 1);
    return n + varint_put(out + n, p->seq - k->base);
}

bool packer_add(struct packer *k, const struct posting *p, struct page *full)
{
    unsigned char bytes[2 * VARINT_MAX];
    ZS_ASSERT(p->seq >= k->base && (!k->open || by_term(&k->last, p) <= 0));
    if (k->open && by_term(&k->last, p) == 0)
        return false; /* a message may carry a term twice */
    size_t n = k->open ? encode(k, p, bytes) : 0;
    bool done = k->open && n > PAGE_BYTES - k->page.n;
    if (done)
        *full = k->page;
    if (done || !k->open) {
        k->page.first = *p;
        k->page.n = 0;
        k->open = true;
    } else {
        memcpy(k->page.bytes + k->page.n, bytes, n);
        k->page.n += n;
    }
    k->last = *p;
    return done;
}

bool packer_end(struct packer *k, struct page *last)
{
    if (!k->open)
        return false;
    *last = k->page;
    k->open = false;
    return true;
}

static bool decode(struct str *in, uint64_t base, struct posting *p)
{
    uint64_t v = 0;
    uint64_t seq = 0;
    if (!varint_get(in, &v))
        return false;
    if (!(v & 1)) {
        p->seq += v >> 1;
        return v != 0;
    }
    if (!varint_get(in, &seq) || v == 1)
        return false;
    p->term += v >> 1;
    p->seq = base + seq;
    return true;
}

enum rc page_read(const struct posting *first, uint64_t base, struct str bytes, struct posting *out,
                  size_t cap, size_t *n, struct err *e)
{
    struct posting p = *first;
    size_t used = 0;
    while (used < cap) {
        out[used++] = p;
        if (bytes.n == 0) {
            *n = used;
            return RC_OK;
        }
        if (!decode(&bytes, base, &p))
            break;
    }
    return err_set(e, RC_PEER, "STORE-036", "a page of the index is damaged");
}
