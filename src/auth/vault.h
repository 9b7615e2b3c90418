/*
 * The vault: secrets sealed with a master key (libsodium, XChaCha20-Poly1305).
 *
 * The master key is 32 random bytes in DATA/master.key, mode 0600, made at the first start. What is
 * sealed is bound to its name: moved to another name it does not open. Where the sealed bytes are
 * kept is the caller's business (store/confdb.h).
 *
 * Sealed: "zsv1" │ key id (8 bytes) │ nonce (24) │ box. Not text. A key id tells which master key
 * it was, not what that is.
 *
 * Thread  any; a vault is immutable once open.
 */
#ifndef ZS_AUTH_VAULT_H
#define ZS_AUTH_VAULT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/random.h"
#include "base/secret.h"

#define VAULT_SECRET_MAX 65536

struct vault;

/*
 * Open the master key's file, made when missing: whoever holds sealed secrets already looks first
 * whether it is there. random is borrowed until close. Blocks.
 * Returns RC_DENIED AUTH-030 the file is not ours or others may read it; RC_SYNTAX AUTH-031 not
 *         such a file, it is left as it is; RC_IO, RC_NOMEM AUTH-002
 */
enum rc vault_open(const char *path, const struct random *random, struct vault **out,
                   struct err *e) ZS_CHECK;
void vault_close(struct vault **v); /* wipes the key */

/* Was this sealed with this master key? What is no sealed secret at all was not. */
bool vault_sealed(const struct vault *v, struct str sealed);

/* RC_LIMIT AUTH-032 over VAULT_SECRET_MAX; RC_NOMEM. */
enum rc vault_seal(const struct vault *v, struct str name, struct str plain, struct arena *a,
                   struct str *sealed, struct err *e) ZS_CHECK;

/* RC_VALUE AUTH-033: not sealed by this key under this name, or altered. wiping: see secret.h. */
enum rc vault_unseal(const struct vault *v, struct str name, struct str sealed,
                     struct arena *wiping, struct secret *plain, struct err *e) ZS_CHECK;

#endif
