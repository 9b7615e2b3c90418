/*
 * The few words every header needs: must-check results, printf checking, assertions, sizes.
 */
#ifndef ZS_BASE_DEFS_H
#define ZS_BASE_DEFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZS_CHECK            __attribute__((warn_unused_result))
#define ZS_PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))
#define ZS_NORETURN         __attribute__((noreturn))
#define ZS_COUNT(array)     (sizeof(array) / sizeof((array)[0]))

/* Pointer to the struct that embeds *ptr as its member. */
#define ZS_CONTAINER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/*
 * For our own bugs only, on in every build: never for input, resources or peers.
 * A failed one names the place on stderr and aborts; the supervisor restarts, the store recovers.
 */
#define ZS_ASSERT(cond) ((cond) ? (void)0 : zs_assert_failed(#cond, __FILE__, __LINE__))

/* For a place that only a bug of ours reaches; `what` says what was expected there. */
#define ZS_NEVER(what) zs_assert_failed(what, __FILE__, __LINE__)

ZS_NORETURN void zs_assert_failed(const char *cond, const char *file, int line);

/* a + b and a * b that say when they do not fit. Returns false on overflow, *out untouched. */
static inline bool size_add(size_t a, size_t b, size_t *out)
{
    size_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *out = sum;
    return true;
}

static inline bool size_mul(size_t a, size_t b, size_t *out)
{
    size_t product = 0;
    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *out = product;
    return true;
}

static inline size_t size_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t size_max(size_t a, size_t b)
{
    return a > b ? a : b;
}

#endif
