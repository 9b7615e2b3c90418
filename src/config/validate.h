/*
 * The guide's validateIntegrationConfig, validateEndpoint and validateAuthentication: the same
 * checks in the same order with the same texts, then everything else the option tables know.
 *
 *   {"valid":false,"errors":["Required field 'name' is missing"],"warnings":[…],
 *    "checkedFields":["name","type","endpoints"]}
 *
 * They never fail: whatever is wrong with the document is in the answer.
 *
 * Thread  any.
 */
#ifndef ZS_CONFIG_VALIDATE_H
#define ZS_CONFIG_VALIDATE_H

#include "config/config.h"

struct config_validation {
    bool valid;
    struct str *errors;
    size_t n_errors;
    struct str *warnings;
    size_t n_warnings;
    const char *const *checked; /* checkedFields; none for endpoint and authentication */
    size_t n_checked;
};

/*
 * doc is the guide's integrationConfig: `name` where a file says `integration`. Secrets may stand
 * in clear. Lists live in a. RC_NOMEM only.
 */
enum rc config_validate(const struct json *doc, const struct config_env *env, struct arena *a,
                        struct config_validation *out, struct err *e) ZS_CHECK;

/* type: the integration's, "" when not known: HTTP's rules then. */
enum rc config_validate_endpoint(const struct json *doc, struct str type,
                                 const struct config_env *env, struct arena *a,
                                 struct config_validation *out, struct err *e) ZS_CHECK;
enum rc config_validate_authentication(const struct json *doc, const struct config_env *env,
                                       struct arena *a, struct config_validation *out,
                                       struct err *e) ZS_CHECK;

void config_validation_write(const struct config_validation *v, struct jw *w);

/*
 * Where a document of the API holds secrets in clear: fn gets each with a name for it
 * ("authentication.clientSecret") and may replace the text (json_retext) by a reference. The keys
 * are those the tables call secret, those they do not know, and headers that carry credentials.
 */
enum rc config_each_secret(struct json *doc,
                           enum rc (*fn)(void *ctx, const char *name, struct json *value,
                                         struct err *e),
                           void *ctx, struct err *e) ZS_CHECK;

#endif
