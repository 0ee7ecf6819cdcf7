/* handles.c - what is held: Keys, and spaces within others. None of it outlives this process. */
#include <string.h>

#include "badge.h"
#include "idl/axiom.h"
#include "server.h"
#include "startup.h"

/* Axiom learns of deaths when it empties the kernel's rings: before they run out, at once. */
static void deaths_learn(struct server *s)
{
    struct self_sync_out out;
    if (self_sync(CAP_SLOT_SELF, &out) == OK) service_drain_deaths(&s->service);
}

static struct cap_arg object(const struct server *s, uint64_t badge)
{
    return (struct cap_arg){
        .slot = s->service.endpoint, .rights = RIGHT_WRITE | RIGHT_GRANT, .badge = badge};
}

/* How many Keys were opened in that inner space and are held. */
static uint32_t opened_through(const struct server *s, uint64_t badge)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < HANDLES_MAX; i++) {
        count += s->handles[i].badge != 0 && s->handles[i].through == badge;
    }
    return count;
}

int handle_open(const struct request *rq, const struct key *key, struct cap_arg *out)
{
    struct server *s = request_service(rq)->state;
    uint64_t through = inner_is_ours(s, rq->badge) ? rq->badge : 0;
    bool many = through != 0 && opened_through(s, through) >= HANDLES_OF_INNER;
    if (many || s->handles_used + HANDLES_SPARE >= HANDLES_MAX) deaths_learn(s);
    if (through != 0 && opened_through(s, through) >= HANDLES_OF_INNER) return KEYSTORE_NO_ROOM;
    for (uint32_t i = 0; i < HANDLES_MAX; i++) {
        struct handle *h = &s->handles[i];
        if (h->badge != 0) continue;
        h->generation++;
        h->entry = (uint32_t)(key - s->keys.list);
        h->version = key->version;
        h->through = through;
        h->badge = badge_make(KIND_KEY, startup_page()->pid, h->generation, i);
        s->handles_used++;
        *out = object(s, h->badge);
        return OK;
    }
    return KEYSTORE_NO_ROOM;
}

int inner_open(const struct request *rq, const struct keys_space *space, struct cap_arg *out)
{
    struct server *s = request_service(rq)->state;
    if (s->inners_used == INNERS_MAX) deaths_learn(s);
    for (uint32_t i = 0; i < INNERS_MAX; i++) {
        struct inner *e = &s->inners[i];
        if (e->badge != 0) continue;
        e->generation++;
        e->space = *space;
        e->badge = badge_make(KIND_INNER, startup_page()->pid, e->generation, i);
        s->inners_used++;
        *out = object(s, e->badge);
        return OK;
    }
    return KEYSTORE_NO_ROOM;
}

bool handle_is_ours(const struct server *s, uint64_t badge)
{
    return badge_kind(badge) == KIND_KEY && s->handles[badge_index(badge)].badge == badge;
}

bool inner_is_ours(const struct server *s, uint64_t badge)
{
    uint32_t index = badge_index(badge);
    return badge_kind(badge) == KIND_INNER && index < INNERS_MAX && s->inners[index].badge == badge;
}

const struct key *handle_key(const struct server *s, uint64_t badge)
{
    const struct handle *h = &s->handles[badge_index(badge)];
    const struct key *key = &s->keys.list[h->entry];
    return key->space.number != 0 && key->version == h->version ? key : NULL;
}

void inner_close(struct server *s, uint64_t badge)
{
    s->inners[badge_index(badge)].space = (struct keys_space){0};
    for (uint32_t i = 0; i < HANDLES_MAX; i++) {
        if (s->handles[i].through == badge) s->handles[i].version = UINT32_MAX;
    }
}

void badge_gone(struct server *s, uint64_t badge)
{
    if (handle_is_ours(s, badge)) {
        s->handles[badge_index(badge)].badge = 0;
        s->handles_used--;
    }
    if (!inner_is_ours(s, badge)) return;
    inner_close(s, badge);
    s->inners[badge_index(badge)].badge = 0;
    s->inners_used--;
}
