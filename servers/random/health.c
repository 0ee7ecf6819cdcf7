#include "health.h"

static bool repeats_too_often(struct health *h, uint8_t sample)
{
    h->repeats = h->started && sample == h->last ? h->repeats + 1 : 1;
    h->last = sample;
    h->started = true;
    return h->repeats >= HEALTH_REPEATS;
}

static bool has_too_great_a_share(struct health *h, uint8_t sample)
{
    if (h->seen == 0) {
        h->first = sample;
        h->equal = 0;
    }
    if (sample == h->first) h->equal++;
    bool bad = h->equal >= HEALTH_SHARE;
    h->seen = (h->seen + 1) % HEALTH_WINDOW;
    return bad;
}

bool health_take(struct health *h, const uint8_t *bytes, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        bool repeats = repeats_too_often(h, bytes[i]);
        bool share = has_too_great_a_share(h, bytes[i]);
        h->samples++;
        if (!repeats && !share) continue;
        h->failures++;
        h->failed = true;
    }
    return !h->failed;
}
