/* Addresses, URLs and CIDR lists from arbitrary text: parts lie inside the input, text reads back.
 */
#include "net/addr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool inside(struct str part, struct str in)
{
    return str_is_null(part) || (part.p >= in.p && part.p + part.n <= in.p + in.n);
}

static void check_ip(struct str in)
{
    struct addr a, again;
    char text[ADDR_TEXT_MAX];
    if (addr_parse_ip(in, &a, NULL) != RC_OK)
        return;
    size_t n = addr_text_ip(&a, text);
    ZS_ASSERT(addr_parse_ip(str_of(text, n), &again, NULL) == RC_OK && addr_same_ip(&a, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = { (const char *)data, size };
    struct err e;
    struct url u;
    struct hostport h;
    struct cidr c;
    check_ip(in);
    if (url_parse(in, &u, &e) == RC_OK)
        ZS_ASSERT(inside(u.scheme, in) && inside(u.host, in) && inside(u.path, in) &&
                  inside(u.query, in) && inside(u.fragment, in) && u.host.n > 0);
    else
        ZS_ASSERT(e.pos == ERR_NO_POS || e.pos <= size);
    if (hostport_parse(in, 1, &h, &e) == RC_OK)
        ZS_ASSERT(inside(h.host, in));
    else
        ZS_ASSERT(e.pos <= size);
    if (cidr_parse(in, &c, &e) == RC_OK)
        ZS_ASSERT(c.bits <= 128);
    else
        ZS_ASSERT(e.pos <= size);
    return 0;
}
