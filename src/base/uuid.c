/*
 * UUIDs of versions 4 and 7. Tests: uuid_test.c
 */
#include "base/uuid.h"

static void stamp(struct uuid *u, unsigned version)
{
    u->b[6] = (unsigned char)((u->b[6] & 0x0f) | (version << 4));
    u->b[8] = (unsigned char)((u->b[8] & 0x3f) | 0x80);
}

void uuid_v4(struct uuid *u, const struct random *r)
{
    random_bytes(r, u->b, sizeof u->b);
    stamp(u, 4);
}

void uuid_v7(struct uuid *u, int64_t at_ms, const struct random *r)
{
    random_bytes(r, u->b + 6, sizeof u->b - 6);
    uint64_t at = (uint64_t)at_ms;
    for (int i = 5; i >= 0; i--) {
        u->b[i] = (unsigned char)at;
        at >>= 8;
    }
    stamp(u, 7);
}

int64_t uuid_v7_ms(const struct uuid *u)
{
    uint64_t at = 0;
    for (int i = 0; i < 6; i++)
        at = at << 8 | u->b[i];
    return (int64_t)at;
}

static bool is_dash_place(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

void uuid_text(const struct uuid *u, char out[UUID_TEXT_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    size_t nibble = 0;
    for (size_t i = 0; i < UUID_TEXT_SIZE - 1; i++) {
        if (is_dash_place(i)) {
            out[i] = '-';
            continue;
        }
        unsigned char byte = u->b[nibble / 2];
        out[i] = hex[nibble % 2 ? byte & 15 : byte >> 4];
        nibble++;
    }
    out[UUID_TEXT_SIZE - 1] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

enum rc uuid_parse(struct str s, struct uuid *out, struct err *e)
{
    struct uuid u = { { 0 } };
    size_t nibble = 0;
    for (size_t i = 0; i < UUID_TEXT_SIZE - 1; i++) {
        int v = i < s.n ? hex_value(s.p[i]) : -1;
        bool fits = i < s.n && (is_dash_place(i) ? s.p[i] == '-' : v >= 0);
        if (!fits)
            return err_set_at(e, RC_SYNTAX, "BASE-008", i, "not a UUID");
        if (is_dash_place(i))
            continue;
        u.b[nibble / 2] = (unsigned char)(u.b[nibble / 2] << 4 | v);
        nibble++;
    }
    if (s.n != UUID_TEXT_SIZE - 1)
        return err_set_at(e, RC_SYNTAX, "BASE-008", UUID_TEXT_SIZE - 1, "not a UUID");
    *out = u;
    return RC_OK;
}
