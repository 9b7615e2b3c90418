/*
 * The record: the unit of the journal and of the chain. Encoding, decoding, hashes; no files, no
 * threads. Every backend that keeps bytes keeps these. Layout: docs/internals/journal.md.
 *
 *   header (RECORD_HEAD bytes) │ meta: tagged fields │ body: texts in the order meta names them │
 * 0…7
 *
 * A record's link is the SHA-256 of its header from `kind` on. That part holds the hashes of meta
 * and body and the link of the record before it, so the chain can be walked after bodies, and even
 * metadata, are gone. The CRC covers everything behind itself and finds damage cheaply.
 *
 * Meta is a run of fields, each a key (tag and form) and a value; a reader skips tags it does not
 * know. An absent text reads back as STR_NULL, an empty one as empty, an absent number as 0.
 *
 * Encoding is done on the thread that appends; what only the writer knows (sequence, time, the link
 * before) is filled in by record_seal, which touches the header alone.
 *
 * Decoding trusts no length and no number. Texts borrow from the bytes handed in.
 *
 * Thread  any; a hasher one at a time.
 */
#ifndef ZS_STORE_RECORD_H
#define ZS_STORE_RECORD_H

#include "crypt/sha.h"
#include "store/store.h"

#define RECORD_HEAD  144
#define RECORD_ALIGN 8
#define RECORD_LINK  32

enum record_flag {
    RECORD_BATCH_END = 1 /* the last record of its store_append: a cut may come after it */
};

struct record_head {
    uint32_t crc;
    uint32_t length; /* of the whole, padding included */
    enum store_kind kind;
    uint16_t flags;
    uint64_t seq;
    int64_t at_ms;
    uint32_t meta_len;
    uint32_t body_len;
    uint32_t key_id; /* 0: not sealed */
    uint32_t group;  /* records of the same commit before this one */
    unsigned char prev[RECORD_LINK];
    unsigned char meta_hash[SHA256_BYTES]; /* zeros where the part is empty */
    unsigned char body_hash[SHA256_BYTES];
};

/* An encoded record; mem_free gives it back. */
struct record {
    size_t n;
    uint32_t tail_crc; /* of what follows the header */
    unsigned char bytes[];
};

/*
 * Encode op (all but what record_seal fills).
 *
 * max      bytes of a whole record
 * Owner    of *out: the caller (mem_free)
 * Returns  RC_LIMIT (STORE-002) larger than max, or a lane over 255 bytes, or a name of an
 *          execution over 100; RC_NOMEM (STORE-003)
 */
enum rc record_encode(const struct store_op *op, size_t max, struct sha256 *sha,
                      struct record **out, struct err *e) ZS_CHECK;

/* A checkpoint holds the number of its segment and what the segment holds. */
struct record_checkpoint {
    uint64_t segment;
    uint64_t first_seq;
    uint64_t n_records;
    uint64_t n_messages;
    bool closes;          /* the segment ends here */
    struct str signer;    /* key name; STR_NULL: not signed */
    struct str signature; /* over the link before this record */
};

enum rc record_encode_checkpoint(const struct record_checkpoint *c, struct sha256 *sha,
                                 struct record **out, struct err *e) ZS_CHECK;

/* What the writer adds. */
struct record_place {
    uint64_t seq;
    int64_t at_ms;
    uint32_t group;
    uint16_t flags;
};

/*
 * Complete the header. link holds the link of the record before on entry and this one's on return.
 */
void record_seal(struct record *r, const struct record_place *at, struct sha256 *sha,
                 unsigned char link[RECORD_LINK]);

/* ---- reading ------------------------------------------------------------------------------ */

enum record_look {
    RECORD_GOOD,  /* header plausible; record_check says whether the whole is */
    RECORD_EMPTY, /* the first bytes are zero: nothing was written here */
    RECORD_MORE,  /* fewer than RECORD_HEAD bytes */
    RECORD_BAD
};

/* Read a header. max as in record_encode. *out is written for RECORD_GOOD only. */
enum record_look record_head(struct str bytes, size_t max, struct record_head *out);

/* Does the CRC hold? bytes: at least h->length. */
bool record_check(const struct record_head *h, struct str bytes);

/* Do the hashes of meta and body hold? The proof; record_check is the cheap test. */
bool record_check_hashes(const struct record_head *h, struct str bytes, struct sha256 *sha);

void record_link(struct str bytes, struct sha256 *sha, unsigned char link[RECORD_LINK]);

/*
 * Read the fields of a record of the named kind. Arrays are made in a, texts borrow from bytes.
 * Returns  RC_PEER (STORE-012) not of the form, RC_NOMEM (STORE-003)
 */
enum rc record_intake(const struct record_head *h, struct str bytes, struct arena *a,
                      struct store_intake *out, struct err *e) ZS_CHECK;
enum rc record_outcomes(const struct record_head *h, struct str bytes, struct arena *a,
                        struct store_outcome **out, size_t *n, struct err *e) ZS_CHECK;
enum rc record_mark(const struct record_head *h, struct str bytes, struct store_mark *out,
                    struct err *e) ZS_CHECK;
enum rc record_act(const struct record_head *h, struct str bytes, struct store_act *out,
                   struct err *e) ZS_CHECK;
enum rc record_config(const struct record_head *h, struct str bytes, struct store_config *out,
                      struct err *e) ZS_CHECK;
enum rc record_exec(const struct record_head *h, struct str bytes, struct store_exec *out,
                    struct err *e) ZS_CHECK;
enum rc record_exec_end(const struct record_head *h, struct str bytes, struct store_exec_end *out,
                        struct err *e) ZS_CHECK;
enum rc record_read_checkpoint(const struct record_head *h, struct str bytes,
                               struct record_checkpoint *out, struct err *e) ZS_CHECK;

#endif
