/*
 * The allocator's door, with the countdown that tests arm. Tests: alloc_test.c
 */
#include "base/alloc.h"

static _Thread_local size_t fail_countdown;

static bool must_fail(void)
{
    if (fail_countdown == 0)
        return false;
    return --fail_countdown == 0;
}

void *mem_alloc(size_t n)
{
    if (must_fail())
        return NULL;
    return malloc(n ? n : 1);
}

void *mem_zero(size_t n)
{
    if (must_fail())
        return NULL;
    return calloc(1, n ? n : 1);
}

void *mem_zero_array(size_t size, size_t n)
{
    size_t total = 0;
    if (!size_mul(size, n, &total))
        return NULL;
    return mem_zero(total);
}

void *mem_grow(void *p, size_t n)
{
    if (must_fail())
        return NULL;
    return realloc(p, n ? n : 1);
}

void mem_free(void *p)
{
    free(p);
}

void mem_wipe(void *p, size_t n)
{
    if (n > 0)
        explicit_bzero(p, n);
}

void mem_fail_at(size_t k)
{
    fail_countdown = k;
}

size_t mem_fail_left(void)
{
    return fail_countdown;
}
