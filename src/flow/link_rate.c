/*
 * A token bucket in whole numbers: what a moment earned beyond whole tokens is kept as a fraction,
 * so that no rounding ever lets one request more through. Tests: link_rate_test.c
 */
#include "flow/link_int.h"

void link_rate_init(struct link_rate *r, const struct config_rate *conf, uint64_t now_mono)
{
    ZS_ASSERT(conf->requests > 0 && conf->per_ms > 0);
    *r = (struct link_rate){ .requests = (uint64_t)conf->requests,
                             .per_us = conf->per_ms * 1000,
                             .burst = conf->burst > 0 ? (uint64_t)conf->burst : 1,
                             .at_us = now_mono / 1000 };
    r->tokens = r->burst;
    mutex_init(&r->lock, "link-rate", LINK_RANK_RATE);
}

/*
 * The configuration allows a million requests in a day of 86.4e9 µs at most: no product here
 * passes 1e17.
 */
static void earn(struct link_rate *r, uint64_t now_mono)
{
    uint64_t now_us = now_mono / 1000;
    if (now_us <= r->at_us)
        return;
    uint64_t elapsed = now_us - r->at_us;
    r->at_us = now_us;
    uint64_t periods = size_min(elapsed / r->per_us, r->burst); /* as many fill it in any case */
    uint64_t parts = elapsed % r->per_us * r->requests + r->part;
    uint64_t gained = periods * r->requests + parts / r->per_us;
    r->part = parts % r->per_us;
    if (gained < r->burst - r->tokens) {
        r->tokens += gained;
        return;
    }
    r->tokens = r->burst;
    r->part = 0;
}

bool link_rate_take(struct link_rate *r, uint64_t now_mono, uint64_t *wait_ms)
{
    LOCK_SCOPE(guard, &r->lock);
    earn(r, now_mono);
    if (r->tokens > 0) {
        r->tokens--;
        return true;
    }
    uint64_t us = (r->per_us - r->part + r->requests - 1) / r->requests;
    *wait_ms = (us + 999) / 1000;
    return false;
}

bool link_rate_is_full(struct link_rate *r, uint64_t now_mono)
{
    LOCK_SCOPE(guard, &r->lock);
    earn(r, now_mono);
    return r->tokens == r->burst;
}
