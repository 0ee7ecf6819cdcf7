/* log_world.c - see log_world.h: the kernel and the server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "idl/axiom.h"
#include "log_world.h"
#include "panic.h"
#include "slots.h"
#include "startup.h"

jmp_buf panicked;
bool panic_expected;
_Noreturn void panic(const char *what, const char *file, int line)
{
    if (!panic_expected) print_error("%s %s:%d\n", what, file, line);
    longjmp(panicked, 1);
}

static struct startup page = {.pid = 4711};

cap_t startup_cap(const char *name)
{
    return strcmp(name, "service") == 0 ? ENDPOINT
           : strcmp(name, "wake") == 0  ? NOTIFICATION
                                        : STREAM_CAP;
}

/* The kernel, and axiom. */

struct kernel kernel;

static int on_badge_count(struct request *rq, const struct self_badge_count_in *in,
                          struct self_badge_count_out *out)
{
    (void)rq;
    out->count = in->badge == kernel.living;
    return OK;
}

static int on_deaths(struct request *rq, struct self_deaths_out *out)
{
    memcpy(rq->scratch, kernel.deaths, sizeof(kernel.deaths));
    out->badges.at = rq->scratch;
    out->badges.count = DEATHS;
    out->more = false;
    return OK;
}

/* Every other request is granted. */
static void axiom_call(struct message *m)
{
    static const struct self_ops ops = {.badge_count = on_badge_count, .deaths = on_deaths};
    static uint64_t words[MSG_REGISTERS], scratch[MSG_WORDS_MAX];
    struct request rq = {
        .info = m->info, .words = words, .scratch = scratch, .buffer = ipc_buffer()};
    uint32_t label = msg_label(m->info);
    m->info = msg_info(OK, 0, 0, 0);
    if (label != SELF_BADGE_COUNT && label != SELF_DEATHS) return;
    memcpy(words, m->w, sizeof(words));
    rq.caps[0] = (struct cap_arg){.slot = ENDPOINT, .rights = RIGHTS_ALL, .type = CAP_ENDPOINT};
    assert_int_equal(self_dispatch(&ops, &rq), OK);
    *m = rq.answer;
}

static enum err trap_here(uint64_t number, struct message *m)
{
    const struct ipc_buffer *buffer = ipc_buffer();
    uint64_t reply = (m->aux & UINT32_MAX) - FIRST_REPLY;
    switch (number) {
    case SYS_RECV:
    case SYS_REPLY_RECV:
        kernel.answer = *m;
        kernel.answer_reply = m->aux & UINT32_MAX;
        *m = kernel.next;
        return OK;
    case SYS_REPLY:
        assert_true(reply < REPLIES);
        kernel.answers[reply]++;
        kernel.answered[reply] = *m;
        kernel.answered_words[reply] = buffer->words[0];
        kernel.answered_badge[reply] = buffer->caps[0].badge;
        return OK;
    case SYS_CALL:
        if (m->cap == STREAM_CAP) return ledger_call(m);
        axiom_call(m);
        return OK;
    case SYS_WAIT:
        kernel.waits++;
        assert_non_null(kernel.on_wait);
        kernel.on_wait();
        m->cap = SERVICE_SIGNAL_STREAM | 4;
        return OK;
    }
    return OK;
}

struct sums state;
struct service service;
struct service_log service_log;
uint64_t signalled_bits, token;

static void apply(void *at, const struct record *r)
{
    assert_ptr_equal(at, &state);
    memset(ipc_buffer(), 0xdd, sizeof(struct ipc_buffer)); /* it may use the message page */
    if (r->type == 2) { /* of a checkpoint; the rest of it is there to be long */
        state.sum += r->payload[0];
        state.count += r->payload[1];
        return;
    }
    state.sum += r->payload[0];
    state.count++;
}

void world_booted(void *at)
{
    assert_ptr_equal(at, &state);
    state.boots++;
}

void world_reset(void *at)
{
    assert_ptr_equal(at, &state);
    memset(&state, 0, sizeof(state));
}

void world_snapshot(struct service *svc)
{
    uint64_t payload[375] = {state.sum, state.count};
    service_commit(svc, 2, payload, sizeof(payload));
    payload[0] = payload[1] = 0;
    service_commit(svc, 2, payload, sizeof(payload));
    service_commit(svc, 2, payload, sizeof(payload));
}

static int dispatch(struct service *svc, struct request *rq)
{
    uint64_t add[500] = {rq->words[0]};
    (void)svc;
    uint32_t label = msg_label(rq->info);
    /* As the generated code does it. */
    rq->is_volatile = label == READ_VOLATILE || label == MESSAGE_DESCRIBE || rq->is_volatile;
    rq->answer.info = msg_info(OK, 1, 0, 0);
    rq->answer.w[0] = state.sum;
    token = rq->token;
    if (label == LONG) {
        rq->answer.info = msg_info(OK, 9, 1, 0);
        rq->buffer->words[0] = 0x1234;
        rq->buffer->caps[0].badge = 0x5678;
    }
    if (label == ONCE) { /* as the generated code does it */
        rq->number = rq->words[0];
        if (rq->recall != NULL && rq->recall(rq)) return OK;
        add[0] = 1;
        rq->answer.info = msg_info(OK, 1, 1, 0);
        rq->buffer->caps[0] =
            (struct msg_cap){.slot = ENDPOINT, .rights = RIGHT_WRITE, .badge = 1000 + state.count};
        request_commit(rq, 1, add, 8);
    }
    if (label == FAIL) rq->answer.info = msg_info(ERR_RANGE, 0, 0, 0);
    rq->is_light = label == LIGHT;
    if (label == ADD || label == LONG || label == FAIL || label == LIGHT)
        request_commit(rq, 1, add, 8);
    if (label == BIG) request_commit(rq, 1, add, sizeof(add));
    return label == LATER ? REPLY_LATER : (int)msg_label(rq->answer.info);
}

static void signalled(struct service *svc, uint64_t bits)
{
    uint64_t one = 1;
    signalled_bits |= bits;
    svc->deferred |= kernel.meanwhile;
    kernel.meanwhile = 0;
    if (bits & SIGNAL_ADDS) service_commit(svc, 1, &one, sizeof(one));
}

uint64_t world_object(uint32_t index)
{
    return badge_make(1, (uint32_t)service_log.boot, index, index);
}

/* There is none with an odd index. */
static uint64_t object(void *at, uint32_t index)
{
    assert_ptr_equal(at, &state);
    return index % 2 == 0 ? world_object(index) : 0;
}

static void death(struct service *svc, uint64_t badge)
{
    uint64_t one = 1;
    kernel.died |= 1ull << badge_index(badge);
    service_commit(svc, 1, &one, sizeof(one));
}

void start_again(void)
{
    memset(&service, 0, sizeof(service));
    slot_setup(FIRST_REPLY, 200);
    service_log = (struct service_log){.reset = world_reset,
                                       .booted = world_booted,
                                       .snapshot = world_snapshot,
                                       .objects = OBJECTS,
                                       .object = object};
    service = (struct service){.state = &state,
                               .reply_count = REPLIES,
                               .dispatch = dispatch,
                               .apply = apply,
                               .signal = signalled,
                               .death = death,
                               .log = &service_log};
    service_begin(&service);
    service_first(&service);
}

int world_setup(void **unused)
{
    (void)unused;
    struct stored *records = ledger.records;
    if (records == NULL) records = calloc(RECORDS, sizeof(*records));
    memset(&ledger, 0, sizeof(ledger));
    memset(&kernel, 0, sizeof(kernel));
    memset(&state, 0xff, sizeof(state));
    ledger.records = records;
    ledger.at_once = true;
    ledger.room = 1 << 30;
    ledger.boot = 1;
    panic_expected = false;
    fake_trap = trap_here;
    thread_self()->startup = &page;
    start_again();
    return 0;
}

void arrives(uint32_t label, uint64_t value)
{
    arrives_from(5, label, value);
}

void arrives_from(uint64_t badge, uint32_t label, uint64_t value)
{
    kernel.next = (struct message){.cap = badge, .info = msg_info(label, 1, 0, 0) | MSG_CALL};
    kernel.next.w[0] = value;
    assert_true(service_turn(&service));
}

void signal_arrives(uint64_t bits)
{
    kernel.next = (struct message){.cap = bits, .info = MSG_SIGNAL};
    assert_true(service_turn(&service));
}

void world_durable(void)
{
    ledger.durable = ledger.next;
}
