/* Postings: sorted, packed, read back, and nothing else taken for a page. */
#include "store/journal/terms.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

static const struct hash_key key = { { 1, 2, 3, 4 } };

static void parts_of_types_and_peers(void **state)
{
    (void)state;
    T_EQ_STR(term_type_head(STR("ADT^A01")), "ADT");
    T_EQ_SIZE(term_type_head(STR("ADT")).n, 0);
    T_EQ_STR(term_peer_host(STR("10.0.0.1:99")), "10.0.0.1");
    T_EQ_STR(term_peer_host(STR("[::1]:99")), "[::1]");
    T_EQ_SIZE(term_peer_host(STR("pipe")).n, 0);
}

static void hashes_tell_kinds_apart_and_stop_at_256_bytes(void **state)
{
    (void)state;
    char text[300];
    memset(text, 'x', sizeof text);
    T_TRUE(term_hash(&key, TERM_ORDER, STR("1")) != term_hash(&key, TERM_PATIENT_ID, STR("1")));
    T_TRUE(term_hash(&key, TERM_ORDER, STR("1")) >> 63 == 0);
    T_EQ_SIZE(term_hash(&key, TERM_ORDER, str_of(text, 256)),
              term_hash(&key, TERM_ORDER, str_of(text, 300)));
    T_TRUE(term_hash(&key, TERM_ORDER, str_of(text, 255)) !=
           term_hash(&key, TERM_ORDER, str_of(text, 256)));
}

enum { POSTINGS = 5000 };

/* Every seventh sequence, a few hundred terms, some of them neighbours. */
static struct posting *make_postings(bool sorted)
{
    struct posting *p = mem_array(struct posting, (size_t)2 * POSTINGS);
    T_TRUE(p != NULL);
    for (size_t i = 0; i < POSTINGS; i++)
        p[i] = (struct posting){ i * 2654435761u % 400 << (i % 3 ? 40 : 0), 1000 + 7 * i };
    if (sorted)
        postings_sort(p, p + POSTINGS, POSTINGS);
    return p;
}

static void sorting_orders_by_term_then_sequence(void **state)
{
    (void)state;
    struct posting *p = make_postings(true);
    uint64_t sum = 0;
    for (size_t i = 0; i < POSTINGS; i++) {
        sum += p[i].seq;
        T_TRUE(i == 0 || p[i - 1].term < p[i].term ||
               (p[i - 1].term == p[i].term && p[i - 1].seq < p[i].seq));
    }
    T_EQ_SIZE(sum, (uint64_t)POSTINGS * 1000 + 7ull * POSTINGS * (POSTINGS - 1) / 2);
    mem_free(p);
}

/* Read a page and compare with what went in from *at on. */
static void check_page(const struct page *page, const struct posting *want, size_t *at)
{
    static struct posting out[PAGE_POSTINGS];
    size_t n = 0;
    struct err e;
    struct str bytes = str_of((const char *)page->bytes, page->n);
    T_OK(page_read(&page->first, 1000, bytes, out, PAGE_POSTINGS, &n, &e), &e);
    for (size_t i = 0; i < n; i++, (*at)++) {
        T_EQ_SIZE(out[i].term, want[*at].term);
        T_EQ_SIZE(out[i].seq, want[*at].seq);
    }
}

static void pages_hold_every_posting_once(void **state)
{
    (void)state;
    struct posting *p = make_postings(true);
    static struct packer k;
    static struct page page;
    size_t at = 0;
    size_t n_pages = 0;
    packer_init(&k, 1000);
    for (size_t i = 0; i < POSTINGS; i++) {
        T_FALSE(i > 0 && packer_add(&k, &p[i - 1], &page)); /* a repeat is left out */
        if (!packer_add(&k, &p[i], &page))
            continue;
        n_pages++;
        check_page(&page, p, &at);
    }
    T_TRUE(packer_end(&k, &page));
    check_page(&page, p, &at);
    T_FALSE(packer_end(&k, &page));
    T_EQ_SIZE(at, POSTINGS);
    T_TRUE(n_pages > 3);
    mem_free(p);
}

static void malformed_pages_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct str bytes;
        size_t cap;
        enum rc rc;
    } rows[] = {
        { "the first alone", STR_INIT(""), 4, RC_OK },
        { "the same term again", STR_INIT("\x02"), 4, RC_OK },
        { "the next term", STR_INIT("\x03\x05"), 4, RC_OK },
        { "no step in the sequence", STR_INIT("\x00"), 4, RC_PEER },
        { "no step in the term", STR_INIT("\x01\x05"), 4, RC_PEER },
        { "a number cut", STR_INIT("\x83"), 4, RC_PEER },
        { "the sequence is not there", STR_INIT("\x03"), 4, RC_PEER },
        { "more than there is room for", STR_INIT("\x02\x02\x02\x02"), 4, RC_PEER },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct posting out[4];
        size_t n = 0;
        struct err e;
        const struct posting first = { 9, 20 };
        T_ROW(rows[i].name);
        T_EQ_INT(page_read(&first, 10, rows[i].bytes, out, rows[i].cap, &n, &e), rows[i].rc);
        if (rows[i].rc)
            T_EQ_Z(e.id, "STORE-036");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(parts_of_types_and_peers),
        T_TEST(hashes_tell_kinds_apart_and_stop_at_256_bytes),
        T_TEST(sorting_orders_by_term_then_sequence),
        T_TEST(pages_hold_every_posting_once),
        T_TEST(malformed_pages_are_refused),
    };
    return T_RUN(tests);
}
