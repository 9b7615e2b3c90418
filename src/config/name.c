/*
 * Names: which may be given, and which headers carry credentials. Tests: integration_test.c
 */
#include "config/config_int.h"

bool config_is_name(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f || memchr("/{}$", name.p[i], 4))
            return false;
    return name.n > 0;
}

bool config_is_credential(struct str header)
{
    static const char *const whole[] = {
        "Authorization", "Proxy-Authorization",      "Cookie", "ApiKey", "Api-Key",
        "Token",         "Ocp-Apim-Subscription-Key"
    };
    static const char *const endings[] = { "-api-key",  "-apikey",        "-token",     "-secret",
                                           "-password", "-authorization", "-credential" };
    for (size_t i = 0; i < ZS_COUNT(whole); i++)
        if (str_ieq(header, str_z(whole[i])))
            return true;
    for (size_t i = 0; i < ZS_COUNT(endings); i++) {
        size_t n = strlen(endings[i]);
        if (header.n > n && str_ieq(str_from(header, header.n - n), str_z(endings[i])))
            return true;
    }
    return false;
}
