/*
 * Check sums and keyed hashes. None of these is cryptographic proof against forgery of records
 * (crypt/ has SHA-256 for that); CRC-32C finds damage, SipHash keeps tables and filters out of an
 * attacker's hands.
 *
 * Spec    CRC-32C (Castagnoli): RFC 3720 appendix B.4; SipHash-2-4, 64 and 128 bit output:
 *         Aumasson and Bernstein, 2012, with the reference implementation's vectors
 * Thread  any.
 */
#ifndef ZS_BASE_HASH_H
#define ZS_BASE_HASH_H

#include "base/str.h"

/* Continue `crc` (start with 0) over n more bytes. SSE4.2 where the machine has it. */
uint32_t hash_crc32c(uint32_t crc, const void *p, size_t n);

/* The table version, for tests and machines without the instruction: same results. */
uint32_t hash_crc32c_soft(uint32_t crc, const void *p, size_t n);

struct hash_key {
    unsigned char b[16];
};

struct hash128 {
    unsigned char b[16];
};

uint64_t hash_sip64(const struct hash_key *key, struct str s);
struct hash128 hash_sip128(const struct hash_key *key, struct str s);

/*
 * The same in pieces: init, add …, end once. Pieces are simply joined; where their borders matter
 * add their lengths too (hash_sip_u64).
 */
struct hash_sip {
    uint64_t v[4];
    uint64_t tail;   /* bytes not yet mixed in, little end first */
    uint64_t length; /* bytes so far */
    bool wide;
};

void hash_sip64_init(struct hash_sip *h, const struct hash_key *key);
void hash_sip128_init(struct hash_sip *h, const struct hash_key *key);
void hash_sip_add(struct hash_sip *h, struct str s);
void hash_sip_u64(struct hash_sip *h, uint64_t v); /* eight bytes, little end first */
uint64_t hash_sip64_end(struct hash_sip *h);
struct hash128 hash_sip128_end(struct hash_sip *h);

#endif
