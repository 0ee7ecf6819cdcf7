/*
 * main.c - axiom: the first process, and the only one that ever holds kernel authority.
 *
 * It receives, checks, performs and answers; it waits nowhere else and calls nobody.
 */
#include "bytes.h"
#include "clock.h"
#include "cpus.h"
#include "credits.h"
#include "devices.h"
#include "image.h"
#include "leaks.h"
#include "print.h"
#include "serve.h"

enum { SIGNAL_LOG = 1 };

static struct thread_block block; /* axiom has one thread */
static uint64_t request_words[MSG_WORDS_MAX], scratch_words[MSG_WORDS_MAX];
static struct request served; /* the one that is; then the answer to give */
static cap_t reply, wake;

_Noreturn void start_program(const struct boot_info *boot); /* called by crt.S */
_Noreturn void program_exit(int code);
int request_answer(uint64_t token, struct message *m);

_Noreturn void axiom_panic(const char *what, const char *file, int line)
{
    print_debug("axiom: %s (%s:%d)\n", what, file, line);
    __builtin_trap(); /* the kernel prints where, and resets the machine */
}

_Noreturn void program_exit(int code)
{
    (void)code;
    axiom_panic("exit", __FILE_NAME__, __LINE__);
}

/* No answer of axiom's is ever kept for later. */
int request_answer(uint64_t token, struct message *m)
{
    (void)token;
    (void)m;
    return ERR_BUSY;
}

/* The endpoint, its Reply, and the notification that says that a ring is half full. */
static void make_endpoint(void)
{
    serve.endpoint = own_alloc(1);
    reply = own_alloc(1);
    wake = own_alloc(1);
    serve.scratch = own_alloc(1);
    serve.receive = own_alloc(MSG_CAPS_MAX);
    CHECK(own_retype(CAP_ENDPOINT, ENDPOINT_BITS, 1, serve.endpoint) == OK);
    (void)logs_drain();
    logs_endpoint(logs_made(NULL));
    CHECK(own_retype(CAP_REPLY, REPLY_BITS, 1, reply) == OK);
    CHECK(own_retype(CAP_NOTIFICATION, NOTIFICATION_BITS, 1, serve.scratch) == OK);
    uint64_t signals = name_in(GS_CNODE, wake);
    CHECK(kern_mint(signals, serve.scratch, RIGHTS_ALL, SIGNAL_LOG, 0) == OK);
    CHECK(kern_copy(name_in(GS_THREAD, TS_NOTIFY), wake, RIGHT_READ) == OK);
    CHECK(kern_delete(name_in(GS_CNODE, serve.scratch)) == OK);
    struct message m = {.w = {wake}};
    CHECK(kern_invoke(GS_LOG, OP_LOG_BIND, 1, &m) == OK);
    logs_arrivals_clear(serve.receive);
}

/* When the log memory is almost full, what is left of it is for taking things down. */
static bool may_go_on(const struct request *rq, const struct process *asker)
{
    static const uint32_t self = 1u << SELF_INFO | 1u << SELF_MEMORY_UNMAP | 1u << SELF_EXIT |
                                 1u << SELF_DEATHS | 1u << SELF_REVOKE | 1u << SELF_SYNC |
                                 1u << SELF_DROP | 1u << SELF_MEMORY_DETACH |
                                 1u << SELF_MEMORY_REVOKE;
    static const uint32_t process = 1u << PROCESS_INFO | 1u << PROCESS_MEMORY_UNSHARE |
                                    1u << PROCESS_REVOKE | 1u << PROCESS_KILL |
                                    1u << PROCESS_THREAD_READ;
    static const uint32_t devices = 1u << DEVICES_MASTERING | 1u << DEVICES_QUIET;
    uint32_t kind = badge_kind(rq->badge), method = msg_label(rq->info) & 31;
    if (!logs_exhausted(asker != NULL && asker->storage) || kind == KIND_OBSERVE) return true;
    if (kind == KIND_BOOT) return method == BOOT_INFO;
    if (kind == KIND_MEMORY) return method == MEMORY_INFO;
    if (kind == KIND_DEVICES) return (devices >> method & 1) != 0;
    return ((kind == KIND_SELF ? self : process) >> method & 1) != 0;
}

static int dispatch(struct request *rq)
{
    const struct process *asker = serve_asker(rq);
    if (!may_go_on(rq, asker)) return ERR_LOG_FULL;
    switch (badge_kind(rq->badge)) {
    case KIND_SELF:
        return asker != NULL ? self_dispatch(&self_ops, rq) : ERR_PEER_DIED;
    case KIND_PROCESS:
        return process_dispatch(&process_ops, rq);
    case KIND_OBSERVE:
        return observe_dispatch(&observe_ops, rq);
    case KIND_MEMORY:
        return memory_dispatch(&memory_ops, rq);
    case KIND_BOOT:
        return asker != NULL ? boot_dispatch(&boot_ops, rq) : ERR_PEER_DIED;
    case KIND_DEVICES:
        return asker != NULL ? devices_dispatch(&devices_ops, rq) : ERR_PEER_DIED;
    default:
        return ERR_SYSCALL;
    }
}

static void receive_caps(struct request *rq)
{
    uint32_t count = msg_caps(rq->info);
    (void)logs_drain(); /* where they came from */
    for (uint32_t i = 0; i < count && i < MSG_CAPS_MAX; i++) {
        const struct msg_cap *c = &rq->buffer->caps[i];
        rq->caps[i] = (struct cap_arg){.slot = c->slot,
                                       .rights = (uint8_t)c->rights,
                                       .type = (uint8_t)(c->rights >> 8),
                                       .badge = c->badge};
    }
}

/* What came is a copy of the sender's; what was kept of it hangs below the sender's own once it is
 * gone. */
static void drop_caps(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        (void)kern_delete(name_in(GS_CNODE, serve.receive + i));
    }
}

static void request_open(const struct message *m)
{
    struct request *rq = &served;
    uint32_t words = msg_words(m->info);
    rq->badge = m->cap;
    rq->info = m->info;
    rq->answer.info = 0;
    if (words == 0) return;
    for (uint32_t i = 0; i < MSG_REGISTERS; i++) {
        request_words[i] = m->w[i];
    }
    if (words <= MSG_REGISTERS) return;
    memcpy(request_words + MSG_REGISTERS, rq->buffer->words,
           (words - MSG_REGISTERS) * sizeof(uint64_t));
}

static void serve_request(struct request *rq)
{
    uint64_t time = ticks_now();
    uint32_t caps = msg_caps(rq->info);
    if (caps > 0) receive_caps(rq);
    uint64_t event = logs_events();
    int err = dispatch(rq);
    if (err != OK) rq->answer.info = msg_info((uint32_t)err, 0, 0, 0);
    if (caps > 0) {
        drop_caps(caps);
        memset(rq->caps, 0, sizeof(rq->caps));
    }
    bool commits = logs_drain() != 0;
    logs_request(rq, time, event);
    credits_refill(time, commits);
}

_Noreturn static void loop(void)
{
    served = (struct request){.words = request_words,
                              .scratch = scratch_words,
                              .buffer = (struct ipc_buffer *)BOOT_BUFFER_ADDR};
    for (;;) {
        struct message m = served.answer;
        m.info |= msg_info(0, 0, 0, MSG_CAPS_MAX);
        enum err err = sys_reply_recv(serve.endpoint, reply, serve.receive, &m);
        if (err == ERR_LOG_FULL && logs_drain()) continue; /* with the same answer */
        CHECK(err == OK);
        if ((m.info & (MSG_SIGNAL | MSG_CALL)) == MSG_CALL) {
            request_open(&m);
            serve_request(&served);
            continue;
        }
        served.answer.info = 0;
        if (m.info & MSG_SIGNAL) {
            credits_refill(ticks_now(), logs_drain() != 0);
        } else {
            drop_caps(msg_caps(m.info)); /* a plain send asks for nothing */
        }
    }
}

_Noreturn void start_program(const struct boot_info *boot)
{
    block.self = &block;
    block.buffer = (struct ipc_buffer *)BOOT_BUFFER_ADDR;
    thread_self_set(&block);
    serve.boot = boot;
    serve.start_ticks = ticks_now();
    kern_setup((uint32_t)boot->first_free_slot, logs_drain);
    leaks_check(boot);
    memory_setup(boot);
    devices_setup(boot);
    clock_begin();
    logs_setup(boot);
    make_endpoint();
    serve.tick_hz = clock_measure();
    logs_clock(serve.tick_hz);
    processes_setup(serve.endpoint, serve.tick_hz);
    credits_setup(serve.tick_hz);
    image_start_init();
    cpus_start();
    loop();
}
