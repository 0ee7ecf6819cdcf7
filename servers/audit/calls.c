/* calls.c - see calls.h. */
#include "calls.h"

#include "answers.h"
#include "badge.h"
#include "description.h"
#include "idl/axiom.h"
#include "idl/registry.h"
#include "image.h"
#include "panic.h"

enum {
    LOOK = 4096,    /* events before and after a call that are searched */
    GRANTED = 4096, /* commits after a process's birth in which its endpoint is granted */
};
#define OP(number) ((uint8_t)((number)-SYS_BASE))

static struct {
    struct description description;
    uint64_t endpoints[DESCRIPTION_SERVICES_MAX]; /* 0: not seen yet */
    uint64_t registry;                            /* init's */
} calls;

void calls_open(void)
{
    const struct startup *page = startup_page();
    struct image image;
    if (!image_open((const void *)page->image_address, page->image_size, &image))
        PANIC("no boot image");
    const struct image_file *file = image_find(&image, "/system/description.bin");
    if (file == NULL ||
        description_open(image_data(&image, file), file->size, &calls.description) != NULL)
        PANIC("no system description");
}

/* The endpoint that its maker put into that slot of a new process; 0: none. What the process
 * itself does to the slot later counts for nothing. */
static uint64_t granted_endpoint(const struct log_life *l, uint32_t slot)
{
    struct commit c;
    uint64_t address = l->cnode + ((uint64_t)slot << SLOT_BITS);
    uint64_t end = l->ended < l->commits + GRANTED ? l->ended : l->commits + GRANTED;
    if (end > book.now.fold.count) end = book.now.fold.count;
    for (uint64_t i = l->commits; i < end; i++) {
        if (tape_get(&book.now.boot, i, &c, NULL) != OK) return 0;
        bool given = c.op == COMMIT_COPY || c.op == COMMIT_MINT;
        if (c.dst != address || !given) continue;
        return c.type == CAP_ENDPOINT ? c.obj : 0;
    }
    return 0;
}

/* Init alone makes its children, by the names of the description; the endpoints that it gives them
 * outlive them. */
static void learn(void)
{
    for (uint64_t i = 0; i < book_lives(&book.now); i++) {
        const struct log_life *l = book_life(&book.now, i);
        if (l == NULL || l->parent != PID_INIT) continue;
        int number = description_find(&calls.description, l->name, l->name_len);
        if (number < 0) continue;
        bool provides = (calls.description.services[number].flags & SERVICE_PROVIDES) != 0;
        if (calls.registry == 0) calls.registry = granted_endpoint(l, CAP_SLOT_REGISTRY);
        if (provides && calls.endpoints[number] == 0)
            calls.endpoints[number] = granted_endpoint(l, DESCRIPTION_FIRST_SLOT);
    }
}

/* The service of an endpoint, or -1. */
static int service_of(uint64_t endpoint)
{
    for (uint32_t i = 0; i < calls.description.service_count; i++) {
        if (calls.endpoints[i] == endpoint) return (int)i;
    }
    return -1;
}

uint64_t call_interface(uint64_t endpoint, uint64_t badge)
{
    static const uint64_t axiom[] = {0, SELF_ID, PROCESS_ID, OBSERVE_ID, BOOT_ID};
    static const uint64_t registry[] = {0, REGISTRY_ID};
    uint32_t kind = badge_kind(badge);
    if (endpoint == 0) return 0;
    if (endpoint == book.log->axiom_endpoint)
        return kind < sizeof(axiom) / sizeof(axiom[0]) ? axiom[kind] : 0;
    if (service_of(endpoint) < 0 && endpoint != calls.registry) learn();
    if (endpoint == calls.registry) return kind < 2 ? registry[kind] : 0;
    int number = service_of(endpoint);
    if (number < 0 || kind >= DESCRIPTION_KINDS_MAX) return 0;
    return calls.description.services[number].serves[kind];
}

static bool is_call(const struct event *e)
{
    return e->kind == EVENT_SYSCALL && e->op == OP(SYS_CALL);
}
static bool is_send(const struct event *e)
{
    return e->kind == EVENT_SYSCALL && (e->op == OP(SYS_SEND) || e->op == OP(SYS_NB_SEND));
}
static bool is_receive(const struct event *e)
{
    return e->kind == EVENT_SYSCALL && (e->op == OP(SYS_RECV) || e->op == OP(SYS_REPLY_RECV));
}

/* The endpoint that an event went through, and the badge; 0: none. */
static uint64_t endpoint_of(uint64_t number, const struct event *e, uint64_t *out_badge)
{
    uint64_t cnode = view_thread_cnode(&book.now, e->thread);
    struct book_cap cap;
    if (cnode == 0) return 0;
    if (!book_held(cnode + ((uint64_t)e->slot << SLOT_BITS), number, &cap)) return 0;
    if (cap.type != CAP_ENDPOINT) return 0;
    *out_badge = cap.badge;
    return cap.obj;
}

static uint64_t oldest_event(uint64_t number)
{
    uint64_t head = book.log->event_head, slots = book.log->event_slots;
    uint64_t oldest = head > slots ? head - slots : 0;
    return number > oldest + LOOK ? number - LOOK : oldest;
}

struct server {      /* of an endpoint, at some event */
    uint32_t thread; /* 0: nobody is seen */
    uint32_t reply;  /* slot of the Reply that it received with */
    bool waits;      /* for the next message, which it will get at once */
};

static struct server server_before(uint64_t number, uint64_t endpoint)
{
    struct server s = {.waits = true};
    uint64_t badge, oldest = oldest_event(number);
    for (uint64_t i = number; i-- > oldest && s.thread == 0;) {
        const struct event *e = logmem_event(book.log, i);
        if (!is_receive(e) && !is_call(e) && !is_send(e)) continue;
        if (endpoint_of(i, e, &badge) != endpoint) continue;
        /* Another message came first, or the receive took one that had waited. */
        if (!is_receive(e) || e->result != EVENT_BLOCKED) s.waits = false;
        if (!is_receive(e)) continue;
        s.thread = e->thread;
        s.reply = (uint32_t)e->arg;
    }
    return s;
}

/* Whether this event may be the answer to a call that `s` got, or has still to get. */
static bool may_answer(uint64_t number, const struct event *e, uint64_t endpoint,
                       const struct server *s)
{
    uint64_t badge;
    if (e->kind != EVENT_SYSCALL) return false;
    bool known = s->thread != 0 && s->waits; /* it got the call with that Reply */
    if (known && (e->thread != s->thread || (uint32_t)e->arg != s->reply)) return false;
    if (e->op == OP(SYS_REPLY)) return e->thread == s->thread;
    return e->op == OP(SYS_REPLY_RECV) && endpoint_of(number, e, &badge) == endpoint;
}

/*
 * The result of the call `number`: an answer that its server gave until the caller went on. There
 * may be several, to several callers. What is certain:
 *   - a server that waited got this call at once, unless a signal came first: its next answer by
 *     the same Reply is the one, if it says something, or if no call waited behind it;
 *   - from one that was busy, the first is not for this call;
 *   - if all others say the same, it does not matter which one it is.
 */
static uint8_t answer_to(uint64_t number, const struct event *call, uint64_t endpoint)
{
    const struct server s = server_before(number, endpoint);
    bool some = false, equal = true, went_on = false, sure = false;
    bool skip = s.thread != 0 && !s.waits;
    uint32_t label = 0;
    uint64_t end = number + 1 + LOOK;
    if (end > book.log->event_head) end = book.log->event_head;
    for (uint64_t i = number + 1; i < end && !went_on && !sure; i++) {
        const struct event *e = logmem_event(book.log, i);
        went_on = e->thread == call->thread && (e->kind == EVENT_SYSCALL || e->kind == EVENT_FAULT);
        if (went_on || !may_answer(i, e, endpoint, &s)) continue;
        if (skip) {
            skip = false;
            continue;
        }
        uint32_t said = msg_label(e->info);
        bool speaks = said != 0 || msg_words(e->info) != 0 || e->op == OP(SYS_REPLY);
        sure = s.waits && !some && (speaks || e->result == EVENT_BLOCKED);
        equal = !some || (equal && said == label);
        if (!some) label = said;
        some = true;
    }
    if (!some) return went_on ? SYSLOG_UNANSWERED : EVENT_BLOCKED;
    return equal && label < SYSLOG_SPECIAL ? (uint8_t)label : SYSLOG_ANSWERED;
}

/* The badge of the call that an answer goes to, where it is certain: its thread had waited, and
 * this was the first to come. */
static bool answered_badge(uint64_t number, const struct event *answer, uint64_t endpoint,
                           uint64_t *out_badge)
{
    uint64_t badge, oldest = oldest_event(number);
    bool found = false;
    for (uint64_t i = number; i-- > oldest;) {
        const struct event *e = logmem_event(book.log, i);
        if (e->thread == answer->thread && is_receive(e))
            return found && e->result == EVENT_BLOCKED;
        if (!is_call(e) || endpoint_of(i, e, &badge) != endpoint) continue;
        *out_badge = badge;
        found = true;
    }
    return false;
}

void call_name(uint64_t number, const struct event *e, struct audit_entry *out)
{
    uint64_t badge = 0, endpoint;
    if (!is_call(e) && !is_send(e) && !is_receive(e)) return;
    endpoint = endpoint_of(number, e, &badge);
    if (endpoint == 0) return;
    if (is_receive(e)) {
        if (answered_badge(number, e, endpoint, &badge))
            out->interface = call_interface(endpoint, badge);
        return;
    }
    out->interface = call_interface(endpoint, badge);
    out->badge = badge;
    if (is_call(e) && e->result == EVENT_BLOCKED) out->result = answer_to(number, e, endpoint);
}
