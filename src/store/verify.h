/*
 * Offline proof of a data directory's journal: every record's checksum, the hashes of its parts,
 * the chain, the sequence, from the first segment to the last. Reads only, takes no lock; on a
 * running engine's directory it proves what was committed when it got there.
 *
 * Thread  any but a loop's.
 */
#ifndef ZS_STORE_VERIFY_H
#define ZS_STORE_VERIFY_H

#include "base/err.h"

struct verify_report {
    uint64_t n_segments, n_records, n_messages, n_outcomes, n_acts, n_checkpoints;
    uint64_t n_calls;   /* begins of executions through the API */
    uint64_t bytes;     /* of records */
    uint64_t first_seq; /* 0: the journal is empty */
    uint64_t last_seq;
    unsigned char last_link[32];

    uint64_t n_bad; /* places that are wrong; the first is described: */
    uint64_t bad_segment, bad_offset;
    uint64_t bad_seq; /* the sequence expected there */
    struct err bad;

    uint64_t tail_bytes; /* unfinished commit behind the last record: a crash, not damage */
};

/* Called now and then with bytes read of bytes there. */
typedef void verify_progress(void *ctx, uint64_t done, uint64_t total);

/*
 * dir       the data directory
 * progress  may be NULL
 * out       also filled when something is wrong: that is an answer (n_bad > 0), not a failure
 * Returns   RC_MISSING (STORE-024) no data directory, RC_VALUE (STORE-021) newer format,
 *           RC_IO (STORE-030), RC_NOMEM
 */
enum rc store_verify(const char *dir, verify_progress *progress, void *ctx,
                     struct verify_report *out, struct err *e) ZS_CHECK;

#endif
