#include "description.h"
#include "bytes.h"

/* A field of `size` bytes that holds a NUL-terminated, nonempty string. */
static bool field_is_text(const char *field, size_t size)
{
    return field[0] != '\0' && strnlen((const char *)field, size) < size;
}

static const char *grant_check(const struct description *d, uint32_t at,
                               const struct description_grant *previous)
{
    const struct description_grant *g = &d->grants[at];

    if (!field_is_text(g->name, sizeof(g->name))) return "a grant without a name";
    if (g->kind == 0 || g->kind >= GRANT_KIND_COUNT) return "a grant of an unknown kind";
    if ((g->rights & ~7u) != 0) return "a grant with unknown rights";
    bool served = g->kind == GRANT_SERVICE || g->kind == GRANT_STREAM || g->kind == GRANT_HISTORY;
    if (served || g->kind == GRANT_PROCESS) {
        if (g->a >= d->service_count) return "a grant of an unknown service";
        if (served && (d->services[g->a].flags & SERVICE_PROVIDES) == 0) {
            return "a grant of a service that provides nothing";
        }
    }
    if (g->kind == GRANT_SERVICE && g->b > 1 && (g->b & DESCRIPTION_SPACE) == 0)
        return "a control that is neither there nor absent";
    if (g->kind == GRANT_STREAM && (g->b == 0 || g->b > DESCRIPTION_STREAM_MAX)) {
        return "a stream with a bad number";
    }
    if (g->kind == GRANT_IRQ) {
        if (g->a > 23) return "an interrupt line above 23";
        if (previous == NULL || previous->kind != GRANT_NOTIFICATION) {
            return "an interrupt without a notification before it";
        }
    }
    if (g->kind == GRANT_PORTS && (g->a > g->b || g->b > 0xffff)) return "a bad range of ports";
    return NULL;
}

static const char *service_check(const struct description *d, uint32_t at)
{
    const struct description_service *s = &d->services[at];

    if (!field_is_text(s->name, sizeof(s->name))) return "a service without a name";
    if (!field_is_text(s->program, sizeof(s->program))) return "a service without a program";
    if (strnlen((const char *)s->arguments, sizeof(s->arguments)) >= sizeof(s->arguments))
        return "arguments too long";
    if ((s->flags & ~(uint32_t)SERVICE_FLAGS_ALL) != 0) return "an unknown flag";
    if (((s->flags & SERVICE_PROVIDES) != 0) != (s->serves[0] != 0)) {
        return "a service that provides nothing it serves, or the other way round";
    }
    if (s->priority > 255) return "a priority above 255";
    if (s->threads == 0 || s->threads > 0xffff) return "a thread quota out of range";
    if (s->slots < 64 || s->slots > 65536 || (s->slots & (s->slots - 1)) != 0) {
        return "a slot quota that is no power of two from 64 to 65536";
    }
    if (s->grant_count > DESCRIPTION_GRANTS_MAX) return "too many grants of one service";
    if (s->first_grant > d->grant_count || s->grant_count > d->grant_count - s->first_grant) {
        return "grants outside the table";
    }
    for (uint32_t i = 0; i < at; i++) {
        if (strcmp(d->services[i].name, s->name) == 0) return "two services of one name";
    }
    for (uint32_t i = 0; i < s->grant_count; i++) {
        uint32_t g = s->first_grant + i;
        const char *wrong = grant_check(d, g, i == 0 ? NULL : &d->grants[g - 1]);
        if (wrong != NULL) return wrong;
    }
    return NULL;
}

static bool needs_any_of(const struct description *d, uint32_t service, uint64_t left)
{
    for (uint32_t k = 0; k < d->service_count; k++) {
        if ((left >> k & 1) != 0 && description_needs(d, service, k)) return true;
    }
    return false;
}

/* Whether the services can be ordered: take away, again and again, those that need nobody left. */
static bool needs_have_no_cycle(const struct description *d)
{
    _Static_assert(DESCRIPTION_SERVICES_MAX == 64, "a bit each");
    uint64_t left = ~0ull >> (64 - d->service_count), before = 0;

    while (left != before && left != 0) {
        before = left;
        for (uint32_t i = 0; i < d->service_count; i++) {
            if (!needs_any_of(d, i, left)) left &= ~(1ull << i);
        }
    }
    return left == 0;
}

const char *description_open(const void *bytes, size_t size, struct description *out_description)
{
    const struct description_header *h = bytes;
    struct description d;

    if (size < sizeof(*h)) return "too short";
    if (h->magic != DESCRIPTION_MAGIC) return "not a description";
    if (h->version != DESCRIPTION_VERSION) return "of another version";
    if (h->service_count == 0 || h->service_count > DESCRIPTION_SERVICES_MAX) {
        return "too many services, or none";
    }
    if (h->grant_count > DESCRIPTION_SERVICES_MAX * DESCRIPTION_GRANTS_MAX)
        return "too many grants";
    d.service_count = h->service_count;
    d.grant_count = h->grant_count;
    if (size !=
        sizeof(*h) + d.service_count * sizeof(*d.services) + d.grant_count * sizeof(*d.grants)) {
        return "of the wrong length";
    }
    d.services = (const struct description_service *)(h + 1);
    d.grants = (const struct description_grant *)(d.services + d.service_count);
    for (uint32_t i = 0; i < d.service_count; i++) {
        const char *wrong = service_check(&d, i);
        if (wrong != NULL) return wrong;
    }
    if (!needs_have_no_cycle(&d)) return "services that need each other";
    *out_description = d;
    return NULL;
}

int description_find(const struct description *d, const char *name, size_t len)
{
    for (uint32_t i = 0; i < d->service_count; i++) {
        const char *known = d->services[i].name;
        if (strlen(known) == len && memcmp(known, name, len) == 0) return (int)i;
    }
    return -1;
}

const struct description_grant *description_link(const struct description *d, uint32_t service,
                                                 uint32_t other)
{
    const struct description_service *s = &d->services[service];

    for (uint32_t i = 0; i < s->grant_count; i++) {
        const struct description_grant *g = &d->grants[s->first_grant + i];
        bool calls =
            g->kind == GRANT_SERVICE || g->kind == GRANT_STREAM || g->kind == GRANT_HISTORY;
        if (calls && g->a == other) return g;
    }
    return NULL;
}

bool description_needs(const struct description *d, uint32_t service, uint32_t other)
{
    return description_link(d, service, other) != NULL;
}
