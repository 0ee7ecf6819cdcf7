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

enum { FRESH_BYTES = 32, SOURCES = 2, STARTUP_TRIES = 1 << 14 };

struct source {
    const char *name;
    bool present, silent; /* silent: it gave nothing when it was asked last */
    struct health health;
    enum noise (*noise)(uint8_t *out_bytes, uint32_t *count);
};

static enum noise of_processor(uint8_t *out_bytes, uint32_t *count)
{
    return processor_noise(out_bytes, *count) ? NOISE_GIVEN : NOISE_BROKEN;
}

static struct source sources[SOURCES] = {{.name = "rdrand", .noise = of_processor},
                                         {.name = "virtio-rng", .noise = device_noise}};
static struct drbg drbg;
static struct service service;

static bool source_is_good(const struct source *s)
{
    return s->present && !s->health.failed && s->health.samples >= HEALTH_STARTUP;
}

/* As much noise as it has, mixed in if it passes its tests. False: the source does not count. */
static bool source_mix(struct source *s, uint32_t count)
{
    uint8_t noise[FRESH_BYTES];

    while (s->present && !s->health.failed && count > 0) {
        uint32_t part = count < sizeof(noise) ? count : sizeof(noise);
        enum noise given = s->noise(noise, &part);
        s->present = given != NOISE_ABSENT;
        if (given == NOISE_BROKEN) {
            s->health.failed = true;
            s->health.failures++;
        }
        s->silent = part == 0;
        if (given != NOISE_GIVEN || s->silent || !health_take(&s->health, noise, part)) break;
        drbg_mix(&drbg, noise, part);
        count -= part;
    }
    sodium_memzero(noise, sizeof(noise));
    return source_is_good(s);
}

/* Samples that it has to pass before it counts. */
static uint32_t source_wants(const struct source *s)
{
    bool more = s->present && !s->health.failed && s->health.samples < HEALTH_STARTUP;

    return more ? HEALTH_STARTUP - (uint32_t)s->health.samples : 0;
}

static int on_bytes(struct request *rq, const struct random_bytes_in *in,
                    struct random_bytes_out *out)
{
    uint8_t *bytes = (uint8_t *)rq->scratch;
    uint64_t now = ticks_now(); /* counts for nothing, and does no harm */
    uint32_t good = 0;

    for (uint32_t i = 0; i < SOURCES; i++) {
        uint32_t want = source_wants(&sources[i]);
        good += source_mix(&sources[i], want > FRESH_BYTES ? want : FRESH_BYTES);
    }
    if (good == 0) return RANDOM_UNHEALTHY;
    drbg_mix(&drbg, (const uint8_t *)&now, sizeof(now));
    drbg_draw(&drbg, bytes, in->count);
    out->bytes = data_from(bytes, in->count);
    return OK;
}

static enum random_state state_of(const struct source *s)
{
    if (!s->present) return RANDOM_STATE_ABSENT;
    if (s->health.failed) return RANDOM_STATE_FAILED;
    if (s->silent) return RANDOM_STATE_SILENT;
    return source_is_good(s) ? RANDOM_STATE_HEALTHY : RANDOM_STATE_STARTING;
}

static int on_status(struct request *rq, struct random_status_out *out)
{
    (void)rq;
    for (uint32_t i = 0; i < SOURCES; i++) {
        const struct source *s = &sources[i];
        out->sources.at[i] = (struct random_source){
            .name = text_from(s->name, __builtin_strlen(s->name)),
            .state = state_of(s),
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
    sources[1].present = true; /* until its driver says otherwise */
    for (uint32_t i = 0; i < SOURCES; i++) {
        uint32_t tries = 0; /* a device fills its buffer again meanwhile */
        while (source_wants(&sources[i]) != 0 && tries++ < STARTUP_TRIES) {
            if (!source_mix(&sources[i], source_wants(&sources[i]))) sys_yield();
        }
    }
    service = (struct service){.endpoint = startup_cap("service"), .dispatch = dispatch};
    if (service_init(&service) != OK) PANIC("no Reply");
    (void)registry_ready(CAP_SLOT_REGISTRY);
    service_run(&service);
}
