/*
 * MLLP framing; see mllp.h.
 *
 * States: OUT between frames, IN a frame, SKIP the rest of one that is given up. In IN and SKIP the
 * frame's bytes of this chunk start at chunk.p; what earlier chunks brought of it is in `held`
 * (in SKIP nothing is held but an undecided VT). Every byte is scanned once, but for the three
 * behind a VT. Tests: mllp_test.c, fuzz: mllp_fuzz.c
 */
#include "hl7/mllp.h"

#include "hl7/scan.h"

enum { OUT, IN, SKIP };

/* Bytes behind a VT that tell a new message from a vertical tab in a text. */
#define LOOK 3

/* A held buffer over this goes back to the allocator once its frame is used. */
#define HELD_KEEP ((size_t)64 << 10)

void mllp_reader_init(struct mllp_reader *r, size_t max_frame)
{
    *r = (struct mllp_reader){ .max = max_frame, .vt_at = SIZE_MAX, .state = OUT };
    size_t ceiling = max_frame;
    if (!size_add(max_frame, 1 + LOOK, &ceiling))
        ceiling = SIZE_MAX;
    buf_init(&r->held, ceiling);
}

static void drop_held(struct mllp_reader *r)
{
    if (r->held.cap > HELD_KEEP)
        buf_done(&r->held);
    buf_clear(&r->held);
    r->held_given = false;
    r->vt_at = SIZE_MAX;
}

void mllp_reader_done(struct mllp_reader *r)
{
    buf_done(&r->held);
    r->chunk = STR_NULL;
}

void mllp_feed(struct mllp_reader *r, struct str chunk)
{
    ZS_ASSERT(r->chunk.n == 0);
    r->chunk = chunk;
    r->noise.bytes += chunk.n;
}

size_t mllp_unfeed(struct mllp_reader *r)
{
    size_t n = r->chunk.n;
    ZS_ASSERT(n == 0 || r->state == OUT);
    r->noise.bytes -= n;
    r->chunk = STR_NULL;
    return n;
}

static void consume(struct mllp_reader *r, size_t n)
{
    r->chunk = str_from(r->chunk, n);
}

/* ---- between frames ---- */

static bool is_padding(char c)
{
    return c == '\r' || c == '\n' || c == '\0';
}

/* Skip to behind the next VT. */
static void find_start(struct mllp_reader *r)
{
    size_t vt = str_chr(r->chunk, MLLP_VT, 0);
    size_t n = vt == SIZE_MAX ? r->chunk.n : vt;
    for (size_t i = 0; i < n; i++) {
        if (is_padding(r->chunk.p[i]))
            r->noise.padding_bytes++;
        else
            r->noise.junk_bytes++;
    }
    consume(r, n);
    if (vt == SIZE_MAX)
        return;
    consume(r, 1);
    r->state = IN;
    r->n_fs = 0;
}

/* ---- inside a frame ---- */

/* Give the frame up: its rest is skipped. `more` bytes beyond those held have come. */
static enum mllp_event give_up(struct mllp_reader *r, size_t more, enum mllp_event why)
{
    r->noise.over++;
    r->noise.over_bytes += r->held.n + more;
    drop_held(r);
    r->state = SKIP;
    return why;
}

/* Keep s as the frame's next bytes. MLLP_MORE: kept (or skipped, in SKIP). */
static enum mllp_event keep(struct mllp_reader *r, struct str s)
{
    if (r->state == SKIP) {
        r->noise.over_bytes += s.n;
        return MLLP_MORE;
    }
    if (s.n > r->max - r->held.n)
        return give_up(r, s.n, MLLP_OVER);
    buf_str(&r->held, s);
    return r->held.failed ? give_up(r, s.n, MLLP_NOMEM) : MLLP_MORE;
}

/* The FS that the last chunk ended in were data after all. */
static enum mllp_event keep_fs(struct mllp_reader *r)
{
    size_t n = r->n_fs;
    r->n_fs = 0;
    if (r->state == SKIP) {
        r->noise.over_bytes += n;
        return MLLP_MORE;
    }
    if (n > r->max - r->held.n)
        return give_up(r, n, MLLP_OVER);
    buf_fill(&r->held, MLLP_FS, n);
    return r->held.failed ? give_up(r, n, MLLP_NOMEM) : MLLP_MORE;
}

/*
 * The frame ends: its last n bytes are the chunk's first; `used` bytes of the chunk, n included,
 * belong to it and its end. Returns MLLP_FRAME, MLLP_OVER, MLLP_NOMEM, or MLLP_MORE when there is
 * nothing to hand out.
 */
static enum mllp_event finish(struct mllp_reader *r, size_t n, size_t used, size_t n_fs,
                              struct str *frame)
{
    struct str last = str_sub(r->chunk, 0, n);
    consume(r, used);
    r->noise.doubled_fs += n_fs - 1;
    if (r->state == IN && r->held.n == 0 && n <= r->max) {
        r->state = OUT;
        if (n == 0) {
            r->noise.empty++;
            return MLLP_MORE;
        }
        r->noise.frames++;
        *frame = last;
        return MLLP_FRAME;
    }
    enum mllp_event event = keep(r, last);
    bool skipped = r->state == SKIP;
    r->state = OUT;
    if (event != MLLP_MORE || skipped)
        return event;
    r->noise.frames++;
    *frame = buf_view(&r->held);
    r->held_given = true;
    return MLLP_FRAME;
}

/* Do these bytes (LOOK of them, or fewer) begin a message or batch? */
static bool begins_message(struct str s)
{
    static const struct str starts[] = { STR_INIT("MSH"), STR_INIT("FHS"), STR_INIT("BHS") };
    for (size_t i = 0; i < ZS_COUNT(starts); i++)
        if (str_starts(starts[i], str_sub(s, 0, LOOK)))
            return true;
    return false;
}

/* A new message begins behind `used` bytes of the chunk; what came before it lost its end. */
static void cut(struct mllp_reader *r, size_t before, size_t used)
{
    if (r->state == SKIP) {
        r->noise.over_bytes += before;
    } else {
        r->noise.cut++;
        r->noise.cut_bytes += r->held.n + before;
    }
    drop_held(r);
    consume(r, used);
    r->state = IN;
    r->n_fs = 0;
}

/*
 * A VT stands at chunk[i]. Returns the offset to go on scanning from; 0 when the chunk was consumed
 * up to a new start. SIZE_MAX: too few bytes to tell, all of the chunk is in `held` now, or *event
 * says why not.
 */
static size_t at_vt(struct mllp_reader *r, size_t i, enum mllp_event *event)
{
    if (r->state == IN && r->held.n == 0 && i == 0) {
        r->noise.doubled_vt++;
        consume(r, 1);
        return 0;
    }
    if (r->state == IN && i > r->max - r->held.n) {
        *event = give_up(r, i, MLLP_OVER);
        consume(r, i);
        return SIZE_MAX;
    }
    struct str next = str_from(r->chunk, i + 1);
    if (!begins_message(next))
        return i + 1;
    if (next.n >= LOOK) {
        cut(r, i, i + 1);
        return 0;
    }
    /* Also when that went over the limit: the new message is not lost with the old one. */
    *event = keep(r, str_sub(r->chunk, 0, i));
    r->vt_at = r->held.n;
    buf_str(&r->held, str_from(r->chunk, i));
    if (r->held.failed)
        *event = give_up(r, next.n + 1, MLLP_NOMEM);
    consume(r, r->chunk.n);
    return SIZE_MAX;
}

/* Bytes of the chunk decide what the VT in `held` was. MLLP_MORE with an empty chunk: not yet. */
static enum mllp_event decide_vt(struct mllp_reader *r)
{
    size_t have = r->held.n - r->vt_at - 1;
    struct str next = str_sub(r->chunk, 0, LOOK - have);
    char look[LOOK];
    memcpy(look, r->held.p + r->vt_at + 1, have);
    memcpy(look + have, next.p, next.n);
    struct str all = str_of(look, have + next.n);
    if (!begins_message(all)) {
        /* Data: back to what the limit is checked against. */
        size_t vt_at = r->vt_at;
        r->vt_at = SIZE_MAX;
        char tail[1 + LOOK];
        memcpy(tail, r->held.p + vt_at, have + 1);
        buf_cut(&r->held, vt_at);
        return keep(r, str_of(tail, have + 1));
    }
    if (all.n < LOOK) {
        buf_str(&r->held, next);
        consume(r, next.n);
        return r->held.failed ? give_up(r, next.n, MLLP_NOMEM) : MLLP_MORE;
    }
    /* The start of the new message is in look, part of it in the chunk still. */
    buf_cut(&r->held, r->vt_at);
    cut(r, 0, 0);
    return keep(r, str_of(look, have));
}

static size_t fs_run(struct str s, size_t i)
{
    size_t n = 0;
    while (i + n < s.n && s.p[i + n] == MLLP_FS)
        n++;
    return n;
}

/* The chunk's first byte follows the FS that the last chunk ended in. */
static enum mllp_event decide_fs(struct mllp_reader *r, struct str *frame)
{
    size_t more = fs_run(r->chunk, 0);
    r->n_fs += more;
    consume(r, more);
    if (r->chunk.n == 0)
        return MLLP_MORE;
    char c = r->chunk.p[0];
    if (c != MLLP_CR && c != MLLP_VT)
        return keep_fs(r);
    r->noise.missing_cr += c == MLLP_VT;
    return finish(r, 0, c == MLLP_CR, r->n_fs, frame);
}

/*
 * FS at chunk[i]. Returns the offset to go on from when it is data, SIZE_MAX when *event holds what
 * became of it.
 */
static size_t at_fs(struct mllp_reader *r, size_t i, enum mllp_event *event, struct str *frame)
{
    size_t n = fs_run(r->chunk, i);
    size_t next = i + n;
    if (next == r->chunk.n) {
        *event = keep(r, str_sub(r->chunk, 0, i));
        consume(r, r->chunk.n);
        r->n_fs = n;
        return SIZE_MAX;
    }
    char c = r->chunk.p[next];
    if (c != MLLP_CR && c != MLLP_VT)
        return next;
    r->noise.missing_cr += c == MLLP_VT;
    *event = finish(r, i, c == MLLP_CR ? next + 1 : next, n, frame);
    return SIZE_MAX;
}

/* Scan the frame's bytes in the chunk up to its end, or hold them all. */
static enum mllp_event scan_frame(struct mllp_reader *r, struct str *frame)
{
    enum mllp_event event = MLLP_MORE;
    size_t i = 0;
    while (i != SIZE_MAX) {
        i += scan_either(r->chunk.p + i, r->chunk.n - i, MLLP_FS, MLLP_VT);
        if (i == r->chunk.n) {
            event = keep(r, r->chunk);
            consume(r, r->chunk.n);
            return event;
        }
        i = r->chunk.p[i] == MLLP_VT ? at_vt(r, i, &event) : at_fs(r, i, &event, frame);
    }
    return event;
}

enum mllp_event mllp_next(struct mllp_reader *r, struct str *frame)
{
    if (r->held_given)
        drop_held(r);
    while (r->chunk.n > 0) {
        enum mllp_event event = MLLP_MORE;
        if (r->state == OUT)
            find_start(r);
        else if (r->vt_at != SIZE_MAX)
            event = decide_vt(r);
        else if (r->n_fs > 0)
            event = decide_fs(r, frame);
        else
            event = scan_frame(r, frame);
        if (event != MLLP_MORE)
            return event;
    }
    return MLLP_MORE;
}

/* ---- ends ---- */

bool mllp_is_inside(const struct mllp_reader *r)
{
    return r->state != OUT;
}

bool mllp_is_at_fs(const struct mllp_reader *r)
{
    return r->state != OUT && r->n_fs > 0;
}

bool mllp_end_at_fs(struct mllp_reader *r, struct str *frame)
{
    ZS_ASSERT(r->chunk.n == 0 && mllp_is_at_fs(r));
    r->noise.missing_cr++;
    return finish(r, 0, 0, r->n_fs, frame) == MLLP_FRAME;
}

bool mllp_end(struct mllp_reader *r)
{
    if (r->held_given)
        drop_held(r);
    if (r->state == OUT)
        return false;
    if (r->state == IN) {
        r->noise.cut++;
        r->noise.cut_bytes += r->held.n + r->n_fs;
    }
    drop_held(r);
    r->state = OUT;
    return true;
}

bool mllp_is_noisy(const struct mllp_noise *n)
{
    return n->junk_bytes || n->doubled_vt || n->doubled_fs || n->missing_cr || n->cut || n->over ||
           n->empty;
}

bool mllp_is_commit(struct str frame, bool *positive)
{
    if (frame.n != 1 || (frame.p[0] != MLLP_ACK && frame.p[0] != MLLP_NAK))
        return false;
    *positive = frame.p[0] == MLLP_ACK;
    return true;
}

/* ---- writing ---- */

/* Would a reader take the marker at message[i] for more than data? */
static bool is_marker(struct str message, size_t i)
{
    struct str next = str_from(message, i + 1);
    if (message.p[i] == MLLP_FS)
        return next.n == 0 || next.p[0] == MLLP_CR || next.p[0] == MLLP_VT;
    return i == 0 || (next.n >= LOOK && begins_message(next));
}

enum rc mllp_check(struct str message, struct err *e)
{
    for (size_t i = 0; i < message.n; i++) {
        i += scan_either(message.p + i, message.n - i, MLLP_FS, MLLP_VT);
        if (i < message.n && is_marker(message, i))
            return err_set_at(e, RC_VALUE, "MLLP-002", i, "the message holds MLLP's own markers");
    }
    return RC_OK;
}

enum rc mllp_wrap(struct buf *out, struct str message, struct err *e)
{
    enum rc rc = mllp_check(message, e);
    if (rc != RC_OK)
        return rc;
    size_t before = out->n;
    buf_str(out, MLLP_HEAD);
    buf_str(out, message);
    buf_str(out, MLLP_TAIL);
    if (out->failed)
        buf_cut(out, before);
    return buf_rc(out, e);
}
