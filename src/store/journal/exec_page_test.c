/* Pages of executions: what goes in comes out, and nothing else is taken for one. */
#include "store/journal/exec_page.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

static const struct store_exec_row samples[] = {
    { .seq = 70,
      .n = 2,
      .order_seq = 70,
      .delivery = true,
      .message_seq = 12,
      .channel = STR_INIT("adt-in"),
      .attempt = 3,
      .state = EXEC_COMPLETED,
      .start_ms = 1700000000000,
      .at_ms = 1700000000009,
      .duration_ms = 9,
      .status = STR_INIT("AA"),
      .error = STR_INIT("") },
    { .seq = 70,
      .n = 5,
      .order_seq = 70,
      .delivery = true,
      .message_seq = 13,
      .channel = STR_INIT("adt-in"),
      .attempt = 1,
      .state = EXEC_FAILED,
      .start_ms = 1699999999000, /* the clock was set in between */
      .at_ms = 1700000000009,
      .duration_ms = 0,
      .status = STR_INIT("AE"),
      .error = STR_INIT("X-001 no") },
    { .seq = 31,
      .order_seq = 90,
      .channel = STR_INIT(""),
      .state = EXEC_FAILED,
      .start_ms = 1700000000000,
      .at_ms = 1690000000000,
      .duration_ms = UINT32_MAX,
      .status = STR_INIT("AE"),
      .error = STR_INIT("X-001 no") },
    { .seq = 1,
      .order_seq = (uint64_t)1 << 61,
      .channel = STR_INIT(""),
      .state = EXEC_COMPLETED,
      .start_ms = -5,
      .at_ms = 0,
      .duration_ms = 5,
      .status = STR_INIT("200"),
      .error = STR_INIT("") },
};

static void same_row(const struct store_exec_row *got, const struct store_exec_row *want)
{
    T_EQ_SIZE(got->seq, want->seq);
    T_EQ_SIZE(got->n, want->n);
    T_EQ_SIZE(got->order_seq, want->order_seq);
    T_EQ_INT(got->delivery, want->delivery);
    T_EQ_SIZE(got->message_seq, want->message_seq);
    T_TRUE(str_eq(got->channel, want->channel));
    T_EQ_SIZE(got->attempt, want->attempt);
    T_EQ_INT(got->state, want->state);
    T_EQ_INT(got->start_ms, want->start_ms);
    T_EQ_INT(got->at_ms, want->at_ms);
    T_EQ_SIZE(got->duration_ms, want->duration_ms);
    T_TRUE(str_eq(got->status, want->status));
    T_TRUE(str_eq(got->error, want->error));
}

static struct str sample_page(struct exec_page *page, unsigned char stored[EXEC_PAGE_STORED])
{
    struct exec_packer k;
    exec_packer_init(&k);
    for (size_t i = 0; i < ZS_COUNT(samples); i++)
        T_FALSE(exec_packer_add(&k, &samples[i], page));
    T_TRUE(exec_packer_end(&k, page));
    return exec_page_store(page, stored);
}

static void rows_read_back_as_they_were(void **state)
{
    (void)state;
    struct exec_page page;
    unsigned char stored[EXEC_PAGE_STORED];
    struct store_exec_row rows[EXEC_PAGE_ROWS];
    size_t n = 0;
    struct err e;
    struct str bytes = sample_page(&page, stored);
    T_EQ_SIZE(page.n_failed, 2);
    T_OK(exec_page_read(page.first, bytes, rows, &n, &e), &e);
    T_EQ_SIZE(n, ZS_COUNT(samples));
    for (size_t i = 0; i < n; i++)
        same_row(&rows[i], &samples[i]);
}

static void a_damaged_page_is_said_to_be(void **state)
{
    (void)state;
    struct exec_page page;
    unsigned char stored[EXEC_PAGE_STORED];
    struct store_exec_row rows[EXEC_PAGE_ROWS];
    size_t n = 0;
    struct err e;
    struct str bytes = sample_page(&page, stored);
    for (size_t cut = 0; cut < bytes.n; cut++) {
        /* a copy of its own, so that the sanitizer sees a read behind its end */
        char *p = mem_alloc(cut + !cut);
        T_TRUE(p != NULL);
        memcpy(p, bytes.p, cut);
        T_EQ_INT(exec_page_read(page.first, str_of(p, cut), rows, &n, &e), RC_PEER);
        T_EQ_Z(e.id, "STORE-036");
        mem_free(p);
    }
    for (size_t at = 0; at < bytes.n; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            stored[at] ^= (unsigned char)(1u << bit);
            enum rc rc = exec_page_read(page.first, bytes, rows, &n, &e);
            T_TRUE(rc == RC_OK || rc == RC_PEER); /* and nothing outside is read */
            stored[at] ^= (unsigned char)(1u << bit);
        }
    }
    const struct exec_place other = { page.first.seq, page.first.n + 1 };
    T_EQ_INT(exec_page_read(other, bytes, rows, &n, &e), RC_PEER);
}

/* Long texts and many rows: pages fill, and every row comes back once. */
static void pages_fill_and_hold_every_row(void **state)
{
    (void)state;
    static struct exec_page full[64];
    size_t n_pages = 0;
    struct exec_packer k;
    char text[500];
    memset(text, 'e', sizeof text);
    exec_packer_init(&k);
    enum { ROWS = 1000 };
    for (unsigned i = 0; i < ROWS; i++) {
        const struct store_exec_row row = {
            .seq = i + 1,
            .order_seq = i + 1,
            .state = i % 2 ? EXEC_FAILED : EXEC_COMPLETED,
            .status = str_of(text, i % 50),
            .error = str_of(text, i % 300 == 0 ? 500 : i % 7),
        };
        n_pages += exec_packer_add(&k, &row, &full[n_pages]);
        T_TRUE(n_pages < ZS_COUNT(full));
    }
    n_pages += exec_packer_end(&k, &full[n_pages]);
    T_FALSE(exec_packer_end(&k, &full[n_pages]));
    T_TRUE(n_pages > 2);
    uint64_t next = 1;
    for (size_t i = 0; i < n_pages; i++) {
        unsigned char stored[EXEC_PAGE_STORED];
        struct store_exec_row rows[EXEC_PAGE_ROWS];
        size_t n = 0;
        struct err e;
        T_OK(exec_page_read(full[i].first, exec_page_store(&full[i], stored), rows, &n, &e), &e);
        for (size_t r = 0; r < n; r++, next++) {
            T_EQ_SIZE(rows[r].seq, next);
            T_EQ_SIZE(rows[r].error.n, (next - 1) % 300 == 0 ? 400 : (next - 1) % 7);
        }
    }
    T_EQ_SIZE(next, ROWS + 1);
}

static void places_are_found_by_sequence(void **state)
{
    (void)state;
    struct exec_at_page page;
    struct exec_at got;
    struct err e;
    const struct exec_at list[] = {
        { 5, { 1, 4096 }, 512, EXEC_RECORD_BEGIN },
        { 6, { 1, 4608 }, 8, EXEC_RECORD_OUTCOMES },
        { 900, { 3, 4096 }, 1u << 28, EXEC_RECORD_END },
    };
    exec_at_init(&page);
    for (size_t i = 0; i < ZS_COUNT(list); i++)
        T_TRUE(exec_at_add(&page, &list[i]));
    struct str bytes = str_of((const char *)page.bytes, page.used);
    for (size_t i = 0; i < ZS_COUNT(list); i++) {
        T_OK(exec_at_find(page.first, bytes, list[i].seq, &got, &e), &e);
        T_EQ_SIZE(got.seq, list[i].seq);
        T_EQ_SIZE(got.at.segment, list[i].at.segment);
        T_EQ_SIZE(got.at.offset, list[i].at.offset);
        T_EQ_SIZE(got.length, list[i].length);
        T_EQ_INT(got.kind, list[i].kind);
    }
    static const uint64_t absent[] = { 0, 4, 7, 899, 901, UINT64_MAX };
    for (size_t i = 0; i < ZS_COUNT(absent); i++)
        T_EQ_INT(exec_at_find(page.first, bytes, absent[i], &got, &e), RC_MISSING);
    T_EQ_INT(exec_at_find(page.first, str_sub(bytes, 0, bytes.n - 1), 900, &got, &e), RC_PEER);
    T_EQ_Z(e.id, "STORE-036");
}

static void a_full_page_of_places_says_so(void **state)
{
    (void)state;
    struct exec_at_page page;
    struct exec_at got;
    struct err e;
    uint64_t n = 0;
    exec_at_init(&page);
    for (;; n++) {
        const struct exec_at at = { n + 1, { 1, 4096 + n * 8 }, 512, EXEC_RECORD_OUTCOMES };
        if (!exec_at_add(&page, &at))
            break;
    }
    T_TRUE(n > 200 && page.used <= EXEC_PAGE_BYTES);
    struct str bytes = str_of((const char *)page.bytes, page.used);
    T_OK(exec_at_find(page.first, bytes, n, &got, &e), &e);
    T_EQ_SIZE(got.at.offset, 4096 + (n - 1) * 8);
    T_EQ_INT(exec_at_find(page.first, bytes, n + 1, &got, &e), RC_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(rows_read_back_as_they_were),   T_TEST(a_damaged_page_is_said_to_be),
        T_TEST(pages_fill_and_hold_every_row), T_TEST(places_are_found_by_sequence),
        T_TEST(a_full_page_of_places_says_so),
    };
    return T_RUN(tests);
}
