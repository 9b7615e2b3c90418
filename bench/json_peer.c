/*
 * See json_peer.h.
 */
#include "json_peer.h"

#ifdef ZS_HAVE_JSON_C

#include <json_c_version.h>
#include <json_object.h>
#include <json_tokener.h>

const char *json_peer_name(void)
{
    return "json-c " JSON_C_VERSION;
}

void *json_peer_read(const char *p, size_t n)
{
    struct json_tokener *t = json_tokener_new();
    struct json_object *doc = json_tokener_parse_ex(t, p, (int)n);
    json_tokener_free(t);
    return doc;
}

bool json_peer_write(void *doc, bool pretty)
{
    int style = pretty ? JSON_C_TO_STRING_PRETTY : JSON_C_TO_STRING_PLAIN;
    return json_object_to_json_string_ext(doc, style | JSON_C_TO_STRING_NOSLASHESCAPE) != NULL;
}

void json_peer_free(void *doc)
{
    json_object_put(doc);
}

#else

const char *json_peer_name(void)
{
    return NULL;
}

void *json_peer_read(const char *p, size_t n)
{
    (void)p, (void)n;
    return NULL;
}

bool json_peer_write(void *doc, bool pretty)
{
    (void)doc, (void)pretty;
    return false;
}

void json_peer_free(void *doc)
{
    (void)doc;
}

#endif
