/* Names, first blocks, the list. Tests: segment_test.c, ../journal_test.c */
#include "store/journal/segment.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/num.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static const char head_magic[4] = { 'Z', 'S', 'E', 'G' };

enum {
    AT_FORMAT = 4,
    AT_CRC = 8, /* of everything behind it */
    AT_COVERED = 12,
    AT_STORE = 16,
    AT_NUMBER = 24,
    AT_FIRST_SEQ = 32,
    AT_CREATED = 40,
    AT_PREV = 48
};

static void put(unsigned char *p, uint64_t v, size_t n)
{
    v = htole64(v);
    memcpy(p, &v, n); /* the low bytes come first */
}

static uint64_t get(const char *p, size_t n)
{
    uint64_t v = 0;
    memcpy(&v, p, n);
    return le64toh(v);
}

static uint32_t block_crc(const void *block)
{
    return hash_crc32c(0, (const char *)block + AT_COVERED, SEGMENT_HEAD - AT_COVERED);
}

void segment_head_write(const struct segment_head *h, unsigned char block[SEGMENT_HEAD])
{
    memset(block, 0, SEGMENT_HEAD);
    memcpy(block, head_magic, sizeof head_magic);
    put(block + AT_FORMAT, SEGMENT_FORMAT, 4);
    memcpy(block + AT_STORE, h->store_id, 8);
    put(block + AT_NUMBER, h->number, 8);
    put(block + AT_FIRST_SEQ, h->first_seq, 8);
    put(block + AT_CREATED, (uint64_t)h->created_at, 8);
    memcpy(block + AT_PREV, h->prev, sizeof h->prev);
    put(block + AT_CRC, block_crc(block), 4);
}

static bool is_zero(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i])
            return false;
    return true;
}

enum rc segment_head_read(struct str block, struct segment_head *out, struct err *e)
{
    if (is_zero(block))
        return RC_MISSING;
    if (block.n < SEGMENT_HEAD || memcmp(block.p, head_magic, sizeof head_magic) != 0)
        return err_set(e, RC_PEER, "STORE-012", "a segment does not begin as one");
    uint64_t format = get(block.p + AT_FORMAT, 4);
    if (format > SEGMENT_FORMAT)
        return err_set(e, RC_VALUE, "STORE-021", "a segment has format %llu, this program knows %d",
                       (unsigned long long)format, SEGMENT_FORMAT);
    /* the format stands before what the checksum covers: it has to be readable whatever follows */
    if (format == 0 || block_crc(block.p) != (uint32_t)get(block.p + AT_CRC, 4))
        return err_set(e, RC_PEER, "STORE-012", "a segment's first block is damaged");
    struct segment_head h = { .format = (unsigned)format,
                              .number = get(block.p + AT_NUMBER, 8),
                              .first_seq = get(block.p + AT_FIRST_SEQ, 8),
                              .created_at = (int64_t)get(block.p + AT_CREATED, 8) };
    memcpy(h.store_id, block.p + AT_STORE, 8);
    memcpy(h.prev, block.p + AT_PREV, sizeof h.prev);
    *out = h;
    return RC_OK;
}

void segment_name(uint64_t number, char out[SEGMENT_NAME])
{
    int n = snprintf(out, SEGMENT_NAME, "%016llx.zj", (unsigned long long)number);
    ZS_ASSERT(n == SEGMENT_NAME - 1);
}

bool segment_number(const char *name, uint64_t *number)
{
    struct str s = str_z(name);
    char again[SEGMENT_NAME];
    uint64_t v = 0;
    if (s.n != SEGMENT_NAME - 1 || num_hex(str_sub(s, 0, 16), &v, NULL) || v == 0)
        return false;
    segment_name(v, again);
    if (strcmp(name, again) != 0)
        return false;
    *number = v;
    return true;
}

/* ---- files -------------------------------------------------------------------------------- */

enum rc segment_open(int dir_fd, uint64_t number, int flags, int *fd, struct err *e)
{
    char name[SEGMENT_NAME];
    segment_name(number, name);
    int got = openat(dir_fd, name, flags | O_CLOEXEC | O_NOFOLLOW);
    if (got < 0 && errno == ENOENT)
        return err_set(e, RC_MISSING, "STORE-037", "segment %s is missing", name);
    if (got < 0)
        return err_sys(e, "STORE-030", errno, "segment %s cannot be opened", name);
    *fd = got;
    return RC_OK;
}

enum rc segment_read(int fd, uint64_t at, void *p, size_t n, size_t *got, struct err *e)
{
    size_t done = 0;
    while (done < n) {
        ssize_t k = pread(fd, (char *)p + done, n - done, (off_t)(at + done));
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return err_sys(e, "STORE-030", errno, "the journal cannot be read");
        if (k == 0)
            break;
        done += (size_t)k;
    }
    *got = done;
    return RC_OK;
}

/* ---- the list ----------------------------------------------------------------------------- */

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for the list of segments");
}

static enum rc push(struct segments *s, const struct segment *seg, struct err *e)
{
    if (s->n == s->cap) {
        size_t more = size_max(2 * s->cap, 16);
        void *p = mem_grow(s->list, more * sizeof *s->list);
        if (!p)
            return no_memory(e);
        s->list = p;
        s->cap = more;
    }
    s->list[s->n++] = *seg;
    return RC_OK;
}

static int by_number(const void *a, const void *b)
{
    const struct segment *x = a;
    const struct segment *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

static enum rc list_names(struct segments *s, struct err *e)
{
    int fd = openat(s->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    enum rc rc = RC_OK;
    if (!dir) {
        rc = err_sys(e, "STORE-030", errno, "the journal cannot be listed");
        if (fd >= 0)
            (void)close(fd); /* read only */
        return rc;
    }
    struct dirent *d;
    while (!rc && (errno = 0, d = readdir(dir)) != NULL) {
        struct segment seg = { 0 };
        if (segment_number(d->d_name, &seg.number))
            rc = push(s, &seg, e);
    }
    if (!rc && errno)
        rc = err_sys(e, "STORE-030", errno, "the journal cannot be listed");
    (void)closedir(dir); /* read only */
    if (s->n)
        qsort(s->list, s->n, sizeof *s->list, by_number);
    return rc;
}

/* RC_PEER is an answer here: the first block is damaged. */
static enum rc read_head(int dir_fd, struct segment *seg, const char *store_id, struct err *e)
{
    char block[SEGMENT_HEAD];
    struct segment_head h;
    struct stat st;
    size_t got = 0;
    int fd = -1;
    enum rc rc = segment_open(dir_fd, seg->number, O_RDONLY, &fd, e);
    if (rc)
        return rc;
    rc = segment_read(fd, 0, block, sizeof block, &got, e);
    if (!rc && fstat(fd, &st) != 0)
        rc = err_sys(e, "STORE-030", errno, "the journal cannot be read");
    (void)close(fd); /* read only */
    if (rc)
        return rc;
    seg->size = (uint64_t)st.st_size;
    rc = segment_head_read(str_of(block, got), &h, e);
    seg->prepared = rc == RC_MISSING;
    if (seg->prepared)
        return RC_OK;
    if (rc)
        return rc;
    if (memcmp(h.store_id, store_id, 8) != 0)
        return err_set(e, RC_VALUE, "STORE-022", "a segment belongs to another store");
    if (h.number != seg->number)
        return err_set(e, RC_PEER, "STORE-012", "a segment carries another one's number");
    seg->first_seq = h.first_seq;
    return RC_OK;
}

enum rc segments_load(struct segments *s, int dir_fd, const char *store_id,
                      void (*bad)(void *ctx, uint64_t number, const struct err *e), void *ctx,
                      struct err *e)
{
    *s = (struct segments){ .dir_fd = dir_fd };
    mutex_init(&s->lock, "store-segments", JOURNAL_RANK_SEGMENTS);
    enum rc rc = list_names(s, e);
    for (size_t i = 0; !rc && i < s->n; i++) {
        struct err why;
        rc = read_head(dir_fd, &s->list[i], store_id, &why);
        if (!rc && s->list[i].prepared && i + 1 < s->n)
            rc = err_set(&why, RC_PEER, "STORE-012", "a segment's first block was wiped");
        if (rc == RC_PEER) {
            s->list[i].prepared = false;
            if (bad)
                bad(ctx, s->list[i].number, &why);
            rc = RC_OK;
        } else if (rc && e) {
            *e = why;
        }
    }
    if (rc)
        segments_done(s);
    return rc;
}

void segments_done(struct segments *s)
{
    mem_free(s->list);
    s->list = NULL;
    s->n = s->cap = 0;
    mutex_done(&s->lock);
}

enum rc segments_add(struct segments *s, const struct segment *seg, struct err *e)
{
    LOCK_SCOPE(guard, &s->lock);
    ZS_ASSERT(s->n == 0 || s->list[s->n - 1].number < seg->number);
    return push(s, seg, e);
}

bool segments_take_prepared(struct segments *s, struct segment *out)
{
    LOCK_SCOPE(guard, &s->lock);
    if (s->n == 0 || !s->list[s->n - 1].prepared)
        return false;
    *out = s->list[--s->n];
    return true;
}

bool segments_of_seq(struct segments *s, uint64_t seq, struct segment *out)
{
    LOCK_SCOPE(guard, &s->lock);
    for (size_t i = s->n; i > 0; i--) {
        const struct segment *seg = &s->list[i - 1];
        if (seg->first_seq == 0 || seg->first_seq > seq)
            continue;
        *out = *seg;
        return true;
    }
    return false;
}

bool segments_from(struct segments *s, uint64_t number, struct segment *out)
{
    LOCK_SCOPE(guard, &s->lock);
    size_t low = 0;
    size_t high = s->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (s->list[mid].number < number)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == s->n || s->list[low].prepared)
        return false;
    *out = s->list[low];
    return true;
}

size_t segments_count(struct segments *s)
{
    LOCK_SCOPE(guard, &s->lock);
    return s->n - (s->n && s->list[s->n - 1].prepared);
}
