/*
 * main.c - random bytes for everybody. Nothing is kept: a new process begins with new noise.
 *
 * Each source passes HEALTH_STARTUP samples through its tests before it counts, and goes through
 * them with all that is taken from it. Without a healthy source nothing is answered.
 */
#include <sodium.h>

#include "drbg.h"
#include "health.h"
#include "idl/random.h"
#include "idl/registry.h"
#include "panic.h"
#include "service.h"
#include "source.h"

enum { FRESH_BYTES = 32, SOURCES = 1 };

struct source {
    const char *name;
    bool present;
    struct health health;
    bool (*noise)(uint8_t *out_bytes, uint32_t count);
};

static struct source sources[SOURCES] = {{.name = "rdrand", .noise = processor_noise}};
static struct drbg drbg;
static struct service service;

static bool source_is_good(const struct source *s)
{
    return s->present && !s->health.failed;
}

/* Noise that passed its tests, mixed in. False: the source is of no use. */
static bool source_mix(struct source *s, uint32_t count)
{
    uint8_t noise[FRESH_BYTES];
    bool good = source_is_good(s);

    while (good && count > 0) {
        uint32_t part = count < sizeof(noise) ? count : sizeof(noise);
        bool given = s->noise(noise, part);
        if (!given) {
            s->health.failed = true;
            s->health.failures++;
        }
        good = given && health_take(&s->health, noise, part);
        if (good) drbg_mix(&drbg, noise, part);
        count -= part;
    }
    sodium_memzero(noise, sizeof(noise));
    return good;
}

static int on_bytes(struct request *rq, const struct random_bytes_in *in,
                    struct random_bytes_out *out)
{
    uint8_t *bytes = (uint8_t *)rq->scratch;
    uint64_t now = ticks_now(); /* counts for nothing, and does no harm */
    uint32_t good = 0;

    for (uint32_t i = 0; i < SOURCES; i++) {
        good += source_mix(&sources[i], FRESH_BYTES);
    }
    if (good == 0) return RANDOM_UNHEALTHY;
    drbg_mix(&drbg, (const uint8_t *)&now, sizeof(now));
    drbg_draw(&drbg, bytes, in->count);
    out->bytes = data_from(bytes, in->count);
    return OK;
}

static int on_status(struct request *rq, struct random_status_out *out)
{
    (void)rq;
    for (uint32_t i = 0; i < SOURCES; i++) {
        const struct source *s = &sources[i];
        out->sources.at[i] = (struct random_source){
            .name = text_from(s->name, __builtin_strlen(s->name)),
            .state = !s->present        ? RANDOM_STATE_ABSENT
                     : s->health.failed ? RANDOM_STATE_FAILED
                                        : RANDOM_STATE_HEALTHY,
            .samples = s->health.samples,
            .failures = s->health.failures,
        };
    }
    out->sources.count = SOURCES;
    out->drawn = drbg.drawn;
    return OK;
}

static int dispatch(struct service *svc, struct request *rq)
{
    static const struct random_ops ops = {.bytes = on_bytes, .status = on_status};

    (void)svc;
    return random_dispatch(&ops, rq);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    sources[0].present = processor_is_there();
    for (uint32_t i = 0; i < SOURCES; i++) {
        (void)source_mix(&sources[i], HEALTH_STARTUP);
    }
    service = (struct service){.endpoint = startup_cap("service"), .dispatch = dispatch};
    if (service_init(&service) != OK) PANIC("no Reply");
    (void)registry_ready(CAP_SLOT_REGISTRY);
    service_run(&service);
}
