/* The mllp://HOST:PORT argument of `send` and `listen`. */
#ifndef ZS_CLI_MLLP_URL_H
#define ZS_CLI_MLLP_URL_H

#include "net/addr.h"

/* Host and port; 2575 without a port. The host borrows from url. RC_VALUE CLI-040. */
enum rc mllp_url(const char *url, struct hostport *out, struct err *e) ZS_CHECK;

#endif
