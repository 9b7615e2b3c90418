/*
 * Passwords of users: argon2id (libsodium), 64 MB, about 60 ms of one core.
 *
 * Thread  any; never a loop: it takes its time on purpose.
 */
#ifndef ZS_AUTH_PASSWORD_H
#define ZS_AUTH_PASSWORD_H

#include "base/arena.h"
#include "base/err.h"

#define PASSWORD_MIN 12
#define PASSWORD_MAX 1024

/* *hash: libsodium's text form. RC_VALUE AUTH-040 too short or too long; RC_NOMEM AUTH-002. */
enum rc password_hash(struct str password, struct arena *a, struct str *hash,
                      struct err *e) ZS_CHECK;

/*
 * Is it the one? hash STR_NULL (no such user): does the same work and says no, so that the time
 * tells nothing. auth_login sees to it that not too many are at it at once.
 */
bool password_check(struct str password, struct str hash);

#endif
