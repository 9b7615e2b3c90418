/*
 * Push writer: JSON text straight into a buffer, for handlers that answer with JSON.
 *
 *   struct jw w;
 *   jw_init(&w, &buf, JSON_COMPACT);
 *   jw_object(&w);
 *     jw_key(&w, STR("id"));    jw_str(&w, id);
 *     jw_key(&w, STR("tries")); jw_u64(&w, 3);
 *     jw_key(&w, STR("items")); jw_array(&w); … jw_end(&w);
 *   jw_end(&w);
 *   return jw_done(&w, e);
 *
 * What comes out is JSON or an error, never something else: a call that does not fit (a value
 * without its key, an end too many, a second top-level value) writes nothing and makes jw_done
 * answer RC_STATE, whatever follows. Text that is not UTF-8 is written with U+FFFD in the
 * place of each wrong sequence and counted.
 *
 * The writer keeps its own state, so the buffer may be emptied between calls (streaming).
 *
 * Thread  one at a time.
 */
#ifndef ZS_JSON_JW_H
#define ZS_JSON_JW_H

#include "json/json.h"

struct jw {
    struct buf *b;
    enum json_style style;
    unsigned depth; /* open containers */
    enum jw_state { JW_VALUE, JW_FIRST, JW_NEXT, JW_NAMED, JW_FULL, JW_BROKEN } state;
    enum rc failed;                     /* why it is broken */
    size_t n_replaced;                  /* wrong UTF-8 sequences replaced */
    uint8_t object[JSON_DEPTH_MAX / 8]; /* a bit a level */
};

void jw_init(struct jw *w, struct buf *b, enum json_style style);

void jw_object(struct jw *w);
void jw_array(struct jw *w);
void jw_end(struct jw *w); /* of the innermost one open */

/* Names are not compared: writing one twice is the caller's bug that this does not find. */
void jw_key(struct jw *w, struct str name);
void jw_keyz(struct jw *w, const char *name);

void jw_null(struct jw *w);
void jw_bool(struct jw *w, bool v);
void jw_i64(struct jw *w, int64_t v);
void jw_u64(struct jw *w, uint64_t v);
void jw_double(struct jw *w, double v); /* shortest form; null for infinities and NaN */
void jw_str(struct jw *w, struct str s);
void jw_strz(struct jw *w, const char *z);     /* NULL writes null */
void jw_number(struct jw *w, struct str text); /* kept as written; breaks when it is no number */

/* A whole document; NULL (absent) writes null. Wrong UTF-8 in it is replaced likewise. */
void jw_value(struct jw *w, const struct json *v);

/* A value that is JSON text already, made by this engine: copied as it stands, not looked at. */
void jw_text(struct jw *w, struct str json);

/* jw_key and the value in one, for the common case. */
void jw_kstr(struct jw *w, const char *name, struct str s);
void jw_kstrz(struct jw *w, const char *name, const char *z);
void jw_ki64(struct jw *w, const char *name, int64_t v);
void jw_ku64(struct jw *w, const char *name, uint64_t v);
void jw_kbool(struct jw *w, const char *name, bool v);

/*
 * RC_OK when exactly one whole value was written.
 * RC_STATE  JSON-015: a call did not fit, or something is still open
 * RC_VALUE  JSON-011: jw_number was given no number
 * RC_LIMIT  JSON-021, BASE-001; RC_NOMEM BASE-002
 */
enum rc jw_done(struct jw *w, struct err *e) ZS_CHECK;

#endif
