/*
 * MLLP framing: <VT> message <FS> <CR>, read as a byte-level state machine and written.
 *
 *   mllp_reader_init ── { mllp_feed(chunk) ── mllp_next … until MLLP_MORE } … ── mllp_end ── _done
 *
 * The reader takes any split or merge of the stream: a byte at a time, many frames in one read, a
 * frame over a thousand reads. A frame that lies whole in one chunk is handed out where it lies;
 * one that does not is gathered in a buffer with a ceiling.
 *
 * What it makes of bytes that do not follow the rules, each counted in the noise report:
 * - anything between frames is skipped (CR, LF and NUL are counted apart: many senders pad);
 * - a second VT at once is skipped; FS FS CR ends the frame as FS CR does;
 * - FS that is not followed by CR, FS or VT is data; FS VT ends a frame whose CR was forgotten;
 * - VT inside a frame is data (word processors use it as a line break), unless MSH, FHS or BHS
 *   follows: then the end of the earlier frame was lost. What was gathered of it is dropped as cut,
 *   never handed out, and reading goes on with the new frame;
 * - a frame over the limit is reported once and skipped up to its end.
 *
 * A sender that forgets the CR and waits for its answer would hang: when nothing more comes for a
 * while, mllp_is_at_fs() tells, and mllp_end_at_fs() ends the frame there.
 *
 * Spec    MLLP release 1 (HL7 v2 Implementation Guide, appendix C) and release 2 (its commit
 *         acknowledgements are frames of one byte: mllp_is_commit)
 * Thread  one at a time
 */
#ifndef ZS_HL7_MLLP_H
#define ZS_HL7_MLLP_H

#include "base/buf.h"

#define MLLP_VT  '\x0b'
#define MLLP_FS  '\x1c'
#define MLLP_CR  '\x0d'
#define MLLP_ACK '\x06'
#define MLLP_NAK '\x15'

#define MLLP_HEAD STR("\x0b")
#define MLLP_TAIL STR("\x1c\x0d")

enum mllp_event {
    MLLP_MORE,  /* the chunk is used up: feed another */
    MLLP_FRAME, /* *frame holds one message */
    MLLP_OVER,  /* a frame went over the limit; its rest is being skipped */
    MLLP_NOMEM  /* a frame was dropped for want of memory; its rest is being skipped */
};

/* Counts since mllp_reader_init; everything that is not a clean frame is visible here. */
struct mllp_noise {
    uint64_t frames;        /* handed out */
    uint64_t bytes;         /* read, all of them */
    uint64_t padding_bytes; /* CR, LF, NUL between frames */
    uint64_t junk_bytes;    /* anything else between frames */
    uint64_t doubled_vt;
    uint64_t doubled_fs;
    uint64_t missing_cr; /* ended by FS VT, or by mllp_end_at_fs */
    uint64_t cut;        /* frames whose end never came */
    uint64_t cut_bytes;
    uint64_t over; /* frames given up: over the limit, or no memory */
    uint64_t over_bytes;
    uint64_t empty; /* VT FS CR: nothing in it, not handed out */
};

struct mllp_reader {
    struct mllp_noise noise;
    struct buf held;  /* start of a frame whose end has not come */
    struct str chunk; /* rest of what was fed; borrowed */
    size_t max;
    size_t n_fs;     /* FS in a row that the last chunk ended in; not in `held` */
    size_t vt_at;    /* a VT in `held` whose next three bytes have not all come; SIZE_MAX */
    uint8_t state;   /* between frames, inside one, skipping one */
    bool held_given; /* `held` was handed out: empty it before anything else */
};

/* max_frame: bytes of one message without its markers. */
void mllp_reader_init(struct mllp_reader *r, size_t max_frame);
void mllp_reader_done(struct mllp_reader *r);

/*
 * Lend the next bytes of the stream. They stay borrowed until mllp_next has returned MLLP_MORE;
 * only then may there be another feed.
 */
void mllp_feed(struct mllp_reader *r, struct str chunk);

/*
 * The next frame or event. *frame is written for MLLP_FRAME only and is valid until the next call
 * on this reader, or until the chunk goes, whichever is first. Call until it says MLLP_MORE.
 */
enum mllp_event mllp_next(struct mllp_reader *r, struct str *frame) ZS_CHECK;

/*
 * Take back what was fed and not used, to feed it again later: for readers that stop between two
 * messages of one chunk. Only after MLLP_FRAME, or MLLP_MORE (then 0); the frame stays valid as
 * long as the chunk does. Returns how many bytes at the chunk's end were not used.
 */
size_t mllp_unfeed(struct mllp_reader *r);

/* Data has come up to an FS and its CR has not. Only after MLLP_MORE. */
bool mllp_is_at_fs(const struct mllp_reader *r);

/* End the frame there. True: *frame holds it, as after mllp_next. */
bool mllp_end_at_fs(struct mllp_reader *r, struct str *frame) ZS_CHECK;

/* Bytes of a frame are waiting for their end. Only after MLLP_MORE. */
bool mllp_is_inside(const struct mllp_reader *r);

/*
 * The stream is over. A frame without its end is counted as cut and never handed out.
 * True when there was one.
 */
bool mllp_end(struct mllp_reader *r);

/* Anything but clean frames and padding so far? */
bool mllp_is_noisy(const struct mllp_noise *n);

/* Release 2: the frame is a commit acknowledgement; *positive tells ACK from NAK. */
bool mllp_is_commit(struct str frame, bool *positive);

/*
 * Append the framed message to out.
 * Returns  RC_VALUE  MLLP-002 it would be read as another: it holds <FS><CR>, <FS><VT> or <VT>MSH,
 *                    begins with <VT> or ends in <FS>; pos says where
 *          RC_LIMIT, RC_NOMEM  the buffer's (nothing is left of the frame then)
 */
enum rc mllp_wrap(struct buf *out, struct str message, struct err *e) ZS_CHECK;

/* The same question alone, for those who send MLLP_HEAD, message, MLLP_TAIL without copying. */
enum rc mllp_check(struct str message, struct err *e) ZS_CHECK;

#endif
