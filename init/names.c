/* names.c - the Registry: names, readiness, and what managers may ask. */
#include "badge.h"
#include "bytes.h"
#include "init.h"
#include "slots.h"

enum { SLOT_BOOT = 3, LIST_MAX = 16 };

static struct init *init_of(struct request *rq)
{
    return request_service(rq)->state;
}

static uint32_t asker_of(const struct request *rq)
{
    return badge_index(rq->badge);
}

static bool asker_may(struct request *rq, uint32_t flag)
{
    return (init_of(rq)->description.services[asker_of(rq)].flags & flag) != 0;
}

static struct name *name_find(struct init *in, const char *text, uint32_t len)
{
    for (uint32_t i = 0; i < NAMES_MAX; i++) {
        struct name *n = &in->names[i];
        if (n->text[0] != '\0' && strlen(n->text) == len && memcmp(n->text, text, len) == 0) {
            return n;
        }
    }
    return NULL;
}

/* A copy of `endpoint` for the asker, in the slot of the answer before. */
static int badge_for(struct request *rq, cap_t endpoint, struct cap_arg *out_cap)
{
    struct init *in = init_of(rq);

    slot_discard(in->answer_slot);
    in->answer_slot = slot_alloc();
    struct boot_badge_mint_in mint = {
        .endpoint = {endpoint, RIGHTS_ALL, 0, 0},
        .slot = in->answer_slot,
        .rights = RIGHT_WRITE | RIGHT_GRANT,
        .badge = badge_lookup(in->running[asker_of(rq)].pid),
    };
    int err = boot_badge_mint(SLOT_BOOT, &mint);
    if (err != OK) return err;
    *out_cap = (struct cap_arg){.slot = in->answer_slot, .rights = RIGHT_WRITE | RIGHT_GRANT};
    return OK;
}

static int on_lookup(struct request *rq, const struct registry_lookup_in *args,
                     struct registry_lookup_out *out)
{
    struct init *in = init_of(rq);
    int number = description_find(&in->description, args->name.at, args->name.len);
    const struct name *n = name_find(in, args->name.at, args->name.len);

    if (n != NULL) {
        if (!asker_may(rq, SERVICE_LOOKS_UP)) return REGISTRY_DENIED;
        out->service = (struct cap_arg){.slot = n->service, .rights = RIGHT_WRITE | RIGHT_GRANT};
        return OK;
    }
    if (number < 0 || in->running[number].endpoint == 0) return REGISTRY_NO_SERVICE;
    if (!asker_may(rq, SERVICE_LOOKS_UP) &&
        !description_needs(&in->description, asker_of(rq), (uint32_t)number)) {
        return REGISTRY_DENIED;
    }
    if (in->running[number].life.life == LIFE_DISABLED) return REGISTRY_DISABLED;
    return badge_for(rq, in->running[number].endpoint, &out->service);
}

static int on_ready(struct request *rq)
{
    start_became_ready(init_of(rq), asker_of(rq));
    return OK;
}

static int on_register(struct request *rq, const struct registry_register_in *args)
{
    struct init *in = init_of(rq);
    uint32_t len = args->name.len;

    if (!asker_may(rq, SERVICE_REGISTERS)) return REGISTRY_DENIED;
    if (len == 0 || len >= sizeof(in->names[0].text)) return REGISTRY_BAD_NAME;
    for (uint32_t i = 0; i < len; i++) {
        char c = args->name.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.')) {
            return REGISTRY_BAD_NAME;
        }
    }
    if (name_find(in, args->name.at, len) != NULL) return REGISTRY_TAKEN;
    if (description_find(&in->description, args->name.at, len) >= 0) return REGISTRY_TAKEN;
    for (uint32_t i = 0; i < NAMES_MAX; i++) {
        struct name *n = &in->names[i];
        if (n->text[0] != '\0') continue;
        n->service = request_keep(rq, args->service.slot);
        if (n->service == 0) return REGISTRY_DENIED;
        memcpy(n->text, args->name.at, len);
        n->text[len] = '\0';
        n->owner = asker_of(rq);
        return OK;
    }
    return REGISTRY_DENIED;
}

void names_forget(struct init *in, uint32_t owner)
{
    for (uint32_t i = 0; i < NAMES_MAX; i++) {
        struct name *n = &in->names[i];
        if (n->text[0] == '\0' || n->owner != owner) continue;
        slot_discard(n->service);
        *n = (struct name){0};
    }
}

static int on_list(struct request *rq, const struct registry_list_in *args,
                   struct registry_list_out *out)
{
    struct init *in = init_of(rq);
    uint32_t at = args->after, count = 0;

    for (; at < in->description.service_count && count < LIST_MAX; at++) {
        const struct running *r = &in->running[at];
        const char *name = in->description.services[at].name;
        out->services.at[count++] = (struct registry_service){
            .name = text_from(name, strlen(name)),
            .state = (enum registry_service_state)r->life.life,
            .pid = r->pid,
            .restarts = r->life.restarts,
        };
    }
    out->services.count = count;
    out->more = at < in->description.service_count;
    return OK;
}

static int on_process(struct request *rq, const struct registry_process_in *args,
                      struct registry_process_out *out)
{
    struct init *in = init_of(rq);
    int number = description_find(&in->description, args->name.at, args->name.len);

    if (!asker_may(rq, SERVICE_MANAGES)) return REGISTRY_DENIED;
    if (number < 0 || in->running[number].process == 0) return REGISTRY_NO_SERVICE;
    out->process =
        (struct cap_arg){.slot = in->running[number].process, .rights = RIGHT_WRITE | RIGHT_GRANT};
    return OK;
}

static int on_restart(struct request *rq, const struct registry_restart_in *args)
{
    struct init *in = init_of(rq);
    int number = description_find(&in->description, args->name.at, args->name.len);

    if (!asker_may(rq, SERVICE_MANAGES)) return REGISTRY_DENIED;
    if (number < 0) return REGISTRY_NO_SERVICE;
    start_restart(in, (uint32_t)number);
    return OK;
}

static int on_unhealthy(struct request *rq, const struct registry_unhealthy_in *args)
{
    struct init *in = init_of(rq);
    int number = description_find(&in->description, args->name.at, args->name.len);

    if (!asker_may(rq, SERVICE_WATCHES)) return REGISTRY_DENIED;
    if (number < 0 || in->running[number].endpoint == 0) return REGISTRY_NO_SERVICE;
    start_unhealthy(in, (uint32_t)number, args->why == REGISTRY_WHY_SILENT);
    return OK;
}

static int on_prompt(struct request *rq, struct registry_prompt_out *out)
{
    struct init *in = init_of(rq);
    struct out o = out_to((char *)rq->scratch, 400);

    if (in->prompt_ticks == 0 && asker_may(rq, SERVICE_MANAGES)) {
        in->prompt_ticks = ticks_now();
        banner_json(in, &o);
    }
    out->text = text_from(o.at, o.len);
    return OK;
}

static int on_banner(struct request *rq, struct registry_banner_out *out)
{
    struct out o = out_to((char *)rq->scratch, 1500);

    banner_text(init_of(rq), &o);
    out->text = text_from(o.at, o.len);
    return OK;
}

/* As much as one answer takes, cut at the end of a line; the rest comes with the next one. */
static int on_news(struct request *rq, struct registry_news_out *out)
{
    struct init *in = init_of(rq);
    size_t len = in->news_out.len;

    out->text = text_from((char *)rq->scratch, 0);
    if (!asker_may(rq, SERVICE_MANAGES)) return OK;
    if (len > NEWS_ANSWER_MAX) {
        len = NEWS_ANSWER_MAX;
        while (len > 1 && in->news[len - 1] != '\n') {
            len--;
        }
    }
    memcpy(rq->scratch, in->news, len);
    out->text.len = (uint32_t)len;
    memmove(in->news, in->news + len, in->news_out.len - len + 1);
    in->news_out.len -= len;
    in->news_out.cut = false;
    return OK;
}

int names_dispatch(struct init *in, struct request *rq)
{
    static const struct registry_ops ops = {
        .lookup = on_lookup,
        .ready = on_ready,
        .register_ = on_register,
        .list = on_list,
        .process = on_process,
        .restart = on_restart,
        .prompt = on_prompt,
        .banner = on_banner,
        .news = on_news,
        .unhealthy = on_unhealthy,
        .keep = on_keep,
        .kept = on_kept,
        .unkeep = on_unkeep,
        .keeping = on_keeping,
    };

    /* A former process of the service may have left a copy somewhere: it speaks for nobody. */
    if (badge_kind(rq->badge) != BADGE_ASKER || asker_of(rq) >= in->description.service_count ||
        !badge_is_from(rq->badge, in->running[asker_of(rq)].pid)) {
        rq->answer.info = msg_info(REGISTRY_DENIED, 0, 0, 0);
        return REGISTRY_DENIED;
    }
    return registry_dispatch(&ops, rq);
}
