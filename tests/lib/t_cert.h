/*
 * Throwaway certificates for TLS tests: a CA and what it signs, with P-256 keys made on the spot.
 * Tests that use it link zs_t_cert:
 *   target_link_libraries(net-stream_tls_test PRIVATE zs_t_cert)
 *
 * A failure inside fails the test. What is made lives until the process ends.
 */
#ifndef ZS_TESTS_T_CERT_H
#define ZS_TESTS_T_CERT_H

#include "base/str.h"

struct t_cert {
    struct str cert_pem;
    struct str key_pem;
    char fingerprint[65]; /* SHA-256, lower-case hexadecimal */
};

struct t_cert_spec {
    const char *cn;
    const char *alt; /* "DNS:lab.example,IP:127.0.0.1"; NULL: none */
    bool is_ca;
    int from_days, to_days; /* relative to now; both 0: yesterday to tomorrow */
    const char *passphrase; /* of the key; NULL: in clear */
};

/* issuer NULL: signed by its own key. */
struct t_cert t_cert_make(const struct t_cert_spec *spec, const struct t_cert *issuer);

#endif
