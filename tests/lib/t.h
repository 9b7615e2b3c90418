/*
 * Assertions for table tests, over cmocka. Every macro prints both operands, the row's name
 * and file:line. A test is `static void name(void **state)`; main ends in T_RUN(tests).
 *
 *   static const struct { const char *name, *in; enum rc rc; size_t pos; } rows[] = { … };
 *   for (size_t i = 0; i < ZS_COUNT(rows); i++) {
 *       T_ROW(rows[i].name);
 *       T_EQ_INT(parse(…, &e), rows[i].rc);
 *   }
 *
 * T_ROW sets the name shown on failure until the next T_ROW or the end of the test.
 */
#ifndef ZS_TESTS_T_H
#define ZS_TESTS_T_H

#include "base/err.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define T_ROW(name)          t_row((name))
#define T_TRUE(cond)         t_true((cond), #cond, __FILE__, __LINE__)
#define T_FALSE(cond)        t_true(!(cond), "!(" #cond ")", __FILE__, __LINE__)
#define T_EQ_INT(got, want)  t_eq_i64((int64_t)(got), (int64_t)(want), #got, __FILE__, __LINE__)
#define T_EQ_SIZE(got, want) t_eq_u64((uint64_t)(got), (uint64_t)(want), #got, __FILE__, __LINE__)
/* struct str against a literal or terminated string; NULL wants str_is_null. */
#define T_EQ_STR(got, want) t_eq_str((got), (want), #got, __FILE__, __LINE__)
/* struct str against struct str. */
#define T_EQ_BYTES(got, want) t_eq_bytes((got), (want), #got, __FILE__, __LINE__)
#define T_EQ_Z(got, want)     t_eq_str(str_z(got), (want), #got, __FILE__, __LINE__)
/* RC_OK, else prints the error record. */
#define T_OK(call, e) t_ok((call), (e), #call, __FILE__, __LINE__)
#define T_FAIL(...)   t_fail(__FILE__, __LINE__, __VA_ARGS__)
#define T_TEST(fn)    cmocka_unit_test(fn)
#define T_RUN(tests)  cmocka_run_group_tests((tests), NULL, NULL)

void t_row(const char *name);
void t_true(bool cond, const char *what, const char *file, int line);
void t_eq_i64(int64_t got, int64_t want, const char *what, const char *file, int line);
void t_eq_u64(uint64_t got, uint64_t want, const char *what, const char *file, int line);
void t_eq_str(struct str got, const char *want, const char *what, const char *file, int line);
void t_eq_bytes(struct str got, struct str want, const char *what, const char *file, int line);
void t_ok(enum rc rc, const struct err *e, const char *what, const char *file, int line);
void t_fail(const char *file, int line, const char *fmt, ...) ZS_PRINTF(3, 4);

/* A fresh directory, removed with all it holds at the end of the process. */
const char *t_tmpdir(void);

/* "dir/name" in a static ring of 8 buffers: use it at once. */
const char *t_path(const char *dir, const char *name);

/*
 * A file of the conformance data (../shared/data), or STR_NULL where that is not there: then the
 * test calls T_SKIP. The bytes live until the process ends.
 */
struct str t_data(const char *name);
const char *t_data_dir(void); /* NULL where it is not there */
#define T_SKIP(why) t_skip((why), __FILE__, __LINE__)
void t_skip(const char *why, const char *file, int line);

/* The whole of a file; fails the test when it cannot be read. Lives until the process ends. */
struct str t_read(const char *path);
void t_write(const char *path, struct str bytes);

#endif
