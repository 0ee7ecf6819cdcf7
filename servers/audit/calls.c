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
    const struct commit *list = logmem_commits(book.log);
    uint64_t address = l->cnode + ((uint64_t)slot << SLOT_BITS);
    uint64_t end = l->ended < l->commits + GRANTED ? l->ended : l->commits + GRANTED;
    if (end > book.fold.count) end = book.fold.count;
    for (uint64_t i = l->commits; i < end; i++) {
        bool given = list[i].op == COMMIT_COPY || list[i].op == COMMIT_MINT;
        if (list[i].dst != address || !given) continue;
        return list[i].type == CAP_ENDPOINT ? list[i].obj : 0;
    }
    return 0;
}

/* Init alone makes its children, by the names of the description; the endpoints that it gives them
 * outlive them. */
static void learn(void)
{
    for (uint64_t i = 0; i < book_lives(); i++) {
        const struct log_life *l = book_life(i);
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
    uint64_t cnode = book_thread_cnode(e->thread);
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

/* Who receives from the endpoint before event `number`; and whether it waits there for the next
 * message. 0: nobody is seen. */
static uint32_t server_before(uint64_t number, uint64_t endpoint, bool *out_waits)
{
    uint64_t badge, oldest = oldest_event(number);
    *out_waits = true;
    for (uint64_t i = number; i-- > oldest;) {
        const struct event *e = logmem_event(book.log, i);
        if (!is_receive(e) && !is_call(e) && !is_send(e)) continue;
        if (endpoint_of(i, e, &badge) != endpoint) continue;
        if (!is_receive(e)) {
            *out_waits = false; /* that one came first */
            continue;
        }
        if (e->result != EVENT_BLOCKED) *out_waits = false;
        return e->thread;
    }
    *out_waits = false;
    return 0;
}

/*
 * The result of the call `number`: an answer that its server gave until the caller went on. There
 * may be several, to several callers. What is certain:
 *   - a server that waited got this call at once: its next answer, unless empty, is the one;
 *   - from one that was busy, the first is not for this call;
 *   - if all others say the same, it does not matter which one it is.
 */
static uint8_t answer_to(uint64_t number, const struct event *call, uint64_t endpoint)
{
    bool waits, some = false, equal = true, went_on = false;
    uint32_t server = server_before(number, endpoint, &waits);
    bool skip = server != 0 && !waits;
    uint16_t label = 0;
    uint64_t badge, end = number + 1 + LOOK;
    if (end > book.log->event_head) end = book.log->event_head;
    for (uint64_t i = number + 1; i < end && !went_on; i++) {
        const struct event *e = logmem_event(book.log, i);
        went_on = e->thread == call->thread && (e->kind == EVENT_SYSCALL || e->kind == EVENT_FAULT);
        bool answers = e->kind == EVENT_SYSCALL && e->thread == server && e->op == OP(SYS_REPLY);
        if (e->kind == EVENT_SYSCALL && e->op == OP(SYS_REPLY_RECV) && !went_on)
            answers = endpoint_of(i, e, &badge) == endpoint;
        if (!answers) continue;
        if (skip) {
            skip = false;
            continue;
        }
        uint16_t said = (uint16_t)msg_label(e->info);
        bool sure = waits && !some && (said != 0 || msg_words(e->info) != 0);
        equal = !some || (equal && said == label);
        if (!some) label = said;
        some = true;
        if (sure) return label < SYSLOG_SPECIAL ? (uint8_t)label : SYSLOG_ANSWERED;
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
