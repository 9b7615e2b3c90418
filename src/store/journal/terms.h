/*
 * Search terms: what is hashed for a message, and the postings of a day file.
 *
 * A term is 63 bits of a keyed SipHash over its kind and its value; hits are checked against the
 * record. Besides the terms a message brings, its channel, type, head of the type, peer and the
 * peer's address are terms too.
 *
 * Postings are pairs (term, sequence), kept in runs: each indexed batch adds one, sorted, packed
 * into pages; eight neighbouring runs are merged into one. Runs cover disjoint, ascending
 * sequences.
 *
 *   page  the first posting is the page's key; every further one is
 *         varint (difference of sequence << 1)                              of the same term, or
 *         varint (difference of term << 1 | 1), varint (sequence - base)    of the next term
 *         where base is the run's: no sequence in it is below
 *
 * Thread  any; no shared state.
 */
#ifndef ZS_STORE_JOURNAL_TERMS_H
#define ZS_STORE_JOURNAL_TERMS_H

#include "base/hash.h"
#include "store/store.h"

enum { /* kinds beside enum term_kind; part of the file format */
       TERM_CHANNEL = 100,
       TERM_TYPE = 101,
       TERM_TYPE_HEAD = 102,
       TERM_PEER = 103,
       TERM_PEER_HOST = 104
};

#define TERM_BYTES 256 /* of a value are hashed */

uint64_t term_hash(const struct hash_key *key, int kind, struct str value);

/* The part before '^' of a type; before the last ':' of a peer. Empty when there is none. */
struct str term_type_head(struct str type);
struct str term_peer_host(struct str peer);

/* All terms of a message, in a. RC_NOMEM. */
enum rc term_list(const struct hash_key *key, const struct store_intake *in, struct arena *a,
                  uint64_t **out, size_t *n, struct err *e) ZS_CHECK;

struct posting {
    uint64_t term;
    uint64_t seq;
};

/* Sort by term, then sequence. p is in ascending sequence on entry; scratch has room for n. */
void postings_sort(struct posting *p, struct posting *scratch, size_t n);

#define PAGE_BYTES 1900 /* so that a row stays inside its B-tree page */

struct page {
    struct posting first;
    unsigned char bytes[PAGE_BYTES];
    size_t n;
};

/* Packs sorted postings into pages, leaving out repeats. */
struct packer {
    uint64_t base;
    struct page page;
    struct posting last;
    bool open; /* the page has its first posting */
};

void packer_init(struct packer *k, uint64_t base);

/* Add one; true: *full is a finished page, to be taken before the next call. */
bool packer_add(struct packer *k, const struct posting *p, struct page *full);

/* The rest; false: there is none. */
bool packer_end(struct packer *k, struct page *last);

/*
 * Read a page: at most cap postings into out. RC_PEER (STORE-036) malformed, or more than cap.
 */
enum rc page_read(const struct posting *first, uint64_t base, struct str bytes, struct posting *out,
                  size_t cap, size_t *n, struct err *e) ZS_CHECK;

#define PAGE_POSTINGS (PAGE_BYTES + 1) /* a posting takes a byte at least */

#endif
