/*
 * The vault. The master key's file is one line of text, so that it can be kept on paper too:
 * "zarish-master-key-1:" and 32 bytes in base64url. Tests: vault_test.c
 */
#include "auth/vault.h"

#include "auth/auth_int.h"
#include "base/alloc.h"
#include "base/file.h"
#include "crypt/b64.h"
#include "crypt/sha.h"

#include <sodium.h>

#define FILE_MAX  4096
#define FILE_HEAD "zarish-master-key-1:"
#define HEAD      "zsv1"
#define HEAD_N    4
#define ID_N      8
#define KEY_N     crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define NONCE_N   crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_N     crypto_aead_xchacha20poly1305_ietf_ABYTES
#define PREFIX_N  (HEAD_N + ID_N + NONCE_N)

struct vault {
    const struct random *random;
    uint8_t key[KEY_N];
    uint8_t id[ID_N];
};

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "AUTH-002", "not enough memory for a secret");
}

/* ---- the master key's file ---------------------------------------------------------------- */

static enum rc read_key(const char *path, struct arena *wiping, uint8_t key[KEY_N], struct err *e)
{
    static const struct auth_private_ids ids = { "AUTH-034", "AUTH-030", "AUTH-035" };
    static const struct str head = STR_INIT(FILE_HEAD);
    AUTO_FD int fd = -1;
    struct str text = STR_NULL;
    struct buf bytes;
    enum rc rc = auth_private_open(path, &ids, &fd, e);
    if (rc == RC_OK)
        rc = file_read_fd(fd, path, FILE_MAX, wiping, &text, e);
    if (rc != RC_OK)
        return rc;
    buf_init_arena(&bytes, wiping, FILE_MAX);
    text = str_trim(text);
    if (!str_starts(text, head) || b64url_decode(str_from(text, head.n), &bytes, NULL) != RC_OK ||
        bytes.n != KEY_N)
        return err_set(e, RC_SYNTAX, "AUTH-031", "%s is no file of a master key", path);
    memcpy(key, bytes.p, KEY_N);
    return RC_OK;
}

static enum rc make_key(const char *path, const struct random *random, struct arena *wiping,
                        uint8_t key[KEY_N], struct err *e)
{
    struct buf b;
    random_bytes(random, key, KEY_N);
    buf_init_arena(&b, wiping, FILE_MAX);
    buf_str(&b, STR(FILE_HEAD));
    b64url_add(&b, str_of((const char *)key, KEY_N));
    buf_char(&b, '\n');
    return b.failed ? no_memory(e) : file_write_atomic(path, buf_view(&b), 0600, e);
}

static enum rc read_or_make(struct vault *v, const char *path, struct err *e)
{
    struct arena *wiping = arena_new("master key", 0, 4 * FILE_MAX);
    if (!wiping)
        return no_memory(e);
    arena_wipe_on_free(wiping);
    enum rc rc = read_key(path, wiping, v->key, e);
    if (rc == RC_MISSING)
        rc = make_key(path, v->random, wiping, v->key, e);
    arena_free(&wiping);
    return rc;
}

/* Tells keys apart and nothing else: a keyed hash of a constant. */
static enum rc work_out_id(struct vault *v, struct err *e)
{
    uint8_t mac[SHA256_BYTES];
    struct hmac256 *h = hmac256_new(str_of((const char *)v->key, sizeof v->key));
    if (!h)
        return no_memory(e);
    hmac256_add(h, STR("zarish master key id"));
    hmac256_end(h, mac);
    hmac256_free(&h);
    memcpy(v->id, mac, sizeof v->id);
    return RC_OK;
}

enum rc vault_open(const char *path, const struct random *random, struct vault **out, struct err *e)
{
    struct vault *v = mem_new(struct vault);
    if (!v)
        return no_memory(e);
    v->random = random;
    enum rc rc = sodium_init() < 0 ? no_memory(e) : read_or_make(v, path, e);
    if (rc == RC_OK)
        rc = work_out_id(v, e);
    if (rc != RC_OK) {
        vault_close(&v);
        return rc;
    }
    *out = v;
    return RC_OK;
}

void vault_close(struct vault **vp)
{
    struct vault *v = *vp;
    *vp = NULL;
    if (!v)
        return;
    mem_wipe(v, sizeof *v);
    mem_free(v);
}

/* ---- sealing ------------------------------------------------------------------------------ */

/* What is not secret but bound: the head, the key's id and the name. */
static enum rc bound(const struct vault *v, struct str name, struct buf *b, struct err *e)
{
    buf_str(b, STR(HEAD));
    buf_str(b, str_of((const char *)v->id, ID_N));
    buf_str(b, name);
    return b->failed ? no_memory(e) : RC_OK;
}

enum rc vault_seal(const struct vault *v, struct str name, struct str plain, struct arena *a,
                   struct str *sealed, struct err *e)
{
    struct buf ad;
    unsigned long long box_n = 0;
    if (plain.n > VAULT_SECRET_MAX)
        return err_set(e, RC_LIMIT, "AUTH-032", "a secret has %d bytes at most", VAULT_SECRET_MAX);
    buf_init_arena(&ad, a, HEAD_N + ID_N + VAULT_SECRET_MAX);
    enum rc rc = bound(v, name, &ad, e);
    uint8_t *to = rc == RC_OK ? arena_raw(a, PREFIX_N + plain.n + TAG_N) : NULL;
    if (!to)
        return no_memory(e);
    memcpy(to, ad.p, HEAD_N + ID_N);
    random_bytes(v->random, to + HEAD_N + ID_N, NONCE_N);
    /* cannot fail: the lengths are within its limits */
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        to + PREFIX_N, &box_n, (const uint8_t *)plain.p, plain.n, (const uint8_t *)ad.p, ad.n, NULL,
        to + HEAD_N + ID_N, v->key);
    *sealed = str_of((const char *)to, PREFIX_N + (size_t)box_n);
    return RC_OK;
}

bool vault_sealed(const struct vault *v, struct str sealed)
{
    return sealed.n >= PREFIX_N + TAG_N && str_starts(sealed, STR(HEAD)) &&
           memcmp(sealed.p + HEAD_N, v->id, ID_N) == 0;
}

static enum rc not_ours(struct err *e)
{
    return err_set(e, RC_VALUE, "AUTH-033", "not sealed with this master key under this name");
}

enum rc vault_unseal(const struct vault *v, struct str name, struct str sealed,
                     struct arena *wiping, struct secret *plain, struct err *e)
{
    struct buf ad;
    unsigned long long n = 0;
    if (!vault_sealed(v, sealed))
        return not_ours(e);
    buf_init_arena(&ad, wiping, HEAD_N + ID_N + VAULT_SECRET_MAX);
    enum rc rc = bound(v, name, &ad, e);
    uint8_t *to = rc == RC_OK ? arena_raw(wiping, sealed.n - PREFIX_N) : NULL;
    if (!to)
        return no_memory(e);
    const uint8_t *from = (const uint8_t *)sealed.p;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(to, &n, NULL, from + PREFIX_N,
                                                   sealed.n - PREFIX_N, (const uint8_t *)ad.p, ad.n,
                                                   from + HEAD_N + ID_N, v->key) != 0)
        return not_ours(e);
    *plain = (struct secret){ (const char *)to, (size_t)n };
    return RC_OK;
}
