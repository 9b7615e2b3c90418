/*
 * Calls that may not be used, made into compile errors (the build force-includes this file).
 *
 * The system headers that declare them come first, so that only our own calls are caught.
 * What to use instead stands in each message. base/alloc.c is the one place that reaches the
 * allocator; its CMakeLists.txt says so by defining ZS_ALLOC_IMPL for that file.
 */
#ifndef ZS_BASE_BANNED_H
#define ZS_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <mm_malloc.h> /* the vector intrinsics bring it, with malloc in inline functions */
#endif

#define ZS_BANNED(name, instead) zs_banned_##name##_use_##instead

#undef strcpy
#define strcpy(...) ZS_BANNED(strcpy, buf_add)
#undef strncpy
#define strncpy(...) ZS_BANNED(strncpy, buf_add)
#undef strcat
#define strcat(...) ZS_BANNED(strcat, buf_add)
#undef strncat
#define strncat(...) ZS_BANNED(strncat, buf_add)
#undef sprintf
#define sprintf(...) ZS_BANNED(sprintf, buf_fmt)
#undef vsprintf
#define vsprintf(...) ZS_BANNED(vsprintf, buf_vfmt)
#undef strtok
#define strtok(...) ZS_BANNED(strtok, str_split)
#undef strtok_r
#define strtok_r(...) ZS_BANNED(strtok_r, str_split)
#undef atoi
#define atoi(...) ZS_BANNED(atoi, num_u64)
#undef atol
#define atol(...) ZS_BANNED(atol, num_i64)
#undef atoll
#define atoll(...) ZS_BANNED(atoll, num_i64)
#undef atof
#define atof(...) ZS_BANNED(atof, num_double)
#undef sscanf
#define sscanf(...) ZS_BANNED(sscanf, num_u64)
#undef gmtime
#define gmtime(...) ZS_BANNED(gmtime, time_civil)
#undef localtime
#define localtime(...) ZS_BANNED(localtime, time_civil)
#undef ctime
#define ctime(...) ZS_BANNED(ctime, time_iso)
#undef asctime
#define asctime(...) ZS_BANNED(asctime, time_iso)
#undef sleep
#define sleep(...) ZS_BANNED(sleep, a_timer)
#undef usleep
#define usleep(...) ZS_BANNED(usleep, a_timer)
#undef system
#define system(...) ZS_BANNED(system, posix_spawn)
#undef popen
#define popen(...) ZS_BANNED(popen, posix_spawn)
#undef rand
#define rand(...) ZS_BANNED(rand, random_bytes)
#undef random
#define random(...) ZS_BANNED(random, random_bytes)

#ifndef ZS_ALLOC_IMPL
#undef malloc
#define malloc(...) ZS_BANNED(malloc, mem_alloc)
#undef calloc
#define calloc(...) ZS_BANNED(calloc, mem_alloc)
#undef realloc
#define realloc(...) ZS_BANNED(realloc, mem_grow)
#undef free
#define free(...) ZS_BANNED(free, mem_free)
#undef strdup
#define strdup(...) ZS_BANNED(strdup, arena_str)
#undef strndup
#define strndup(...) ZS_BANNED(strndup, arena_str)
#undef asprintf
#define asprintf(...) ZS_BANNED(asprintf, buf_fmt)
#endif

#endif
