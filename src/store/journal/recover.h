/*
 * Start-up: find where the journal ends, cut what a crash left unfinished, go on around damage.
 *
 * Only the last commit can be unfinished, because a commit starts after the one before it is
 * synced. So where no whole record stands in the last segment, everything from there on is cut if
 * nothing behind it belongs to a later commit; else it is damage, which is reported and stepped
 * over. Every record says how many of its commit stand before it, which tells the two apart.
 *
 * The last segment may hold nothing whole: its first commit was torn. The next one is prepared only
 * after that commit is synced, so any other segment without a whole batch is damaged; then opening
 * is refused, since going on could use a sequence twice.
 *
 * Thread  the one that opens the store, before there are others.
 */
#ifndef ZS_STORE_JOURNAL_RECOVER_H
#define ZS_STORE_JOURNAL_RECOVER_H

#include "store/journal/io.h"
#include "store/journal/scan.h"

struct recovered {
    bool fresh;          /* no segment is in use: the journal is empty */
    struct position pos; /* where the next record goes; the last sequence */
    unsigned char link[RECORD_LINK];
    bool closed;        /* the segment has its closing checkpoint: go on in the next */
    uint64_t first_seq; /* of the segment */
    uint64_t n_records; /* in the segment */
    uint64_t n_messages;
    uint64_t cut_bytes; /* what was unfinished */
};

/*
 * notice   receives STORE-031 (tail cut) and STORE-032 (damage)
 * Returns  RC_IO (STORE-030), RC_NOMEM, RC_PEER (STORE-032) the last segment is unreadable
 */
enum rc recover_journal(struct segments *segments, const struct journal_io *io,
                        const char *store_id, size_t max_record,
                        void (*notice)(void *ctx, const struct err *e), void *ctx,
                        struct recovered *out, struct err *e) ZS_CHECK;

/*
 * A store that was closed in order leaves a note of where it stands, journal/clean, so that the
 * next start need not read a whole segment to know that nothing follows. The note is gone, durably,
 * before the first write after it: a stop that was no clean one leaves none.
 *
 * recover_note writes it. Failing is no harm: the next start reads the segment.
 */
void recover_note(int dir_fd, const struct journal_io *io, const struct recovered *at);

/*
 * Take the note away and read it.
 * Returns  RC_MISSING (no error set) none, or not whole; RC_IO (STORE-030) it cannot be taken away
 */
enum rc recover_take_note(int dir_fd, struct recovered *out, struct err *e) ZS_CHECK;

#endif
