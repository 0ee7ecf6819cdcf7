/* service_world.c - see service_world.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "panic.h"
#include "service_world.h"
#include "slots.h"

jmp_buf panicked;

_Noreturn void panic(const char *what, const char *file, int line)
{
    print_error("%s %s:%d\n", what, file, line);
    longjmp(panicked, 1);
}

struct kernel kernel;

static enum err receive(struct message *m)
{
    kernel.answer = *m;
    kernel.answered_reply = m->aux & UINT32_MAX;
    kernel.receive_first = m->aux >> 32;
    kernel.receive_count = msg_slots(m->info);
    if (kernel.log_full > 0) {
        kernel.log_full--;
        return ERR_LOG_FULL;
    }
    enum err result = kernel.results[kernel.receives++];
    if (result == OK) *m = kernel.next;
    return result;
}

static enum err trap_here(uint64_t number, struct message *m)
{
    switch (number) {
    case SYS_RECV:
    case SYS_REPLY_RECV:
        assert_int_equal(m->cap, ENDPOINT);
        return receive(m);
    case SYS_REPLY:
        kernel.replies_given++;
        kernel.answered_reply = m->aux;
        kernel.answer = *m;
        return OK;
    case SYS_DROP:
        kernel.drops++;
        kernel.last_drop = m->cap;
        return OK;
    case SYS_CALL: /* axiom: every request is granted */
        m->info = msg_info(OK, 0, 0, 0);
        return OK;
    }
    return OK;
}

struct server server;
struct service service;

static void apply(void *state, const struct record *record)
{
    assert_ptr_equal(state, &server);
    assert_int_equal(record->len, 8);
    server.sum += record->payload[0];
    if (server.tries_to_change) service_commit(&service, 1, NULL, 0);
}

static int answer_with(struct request *rq, int err)
{
    rq->answer.info = msg_info((uint32_t)err, err == OK ? 1 : 0, 0, 0);
    rq->answer.w[0] = server.sum;
    return err;
}

static int dispatch(struct service *svc, struct request *rq)
{
    uint64_t one = 1;
    assert_ptr_equal(request_service(rq), svc);
    server.seen_in_decide = server.sum;
    memcpy(server.words, rq->words, msg_words(rq->info) * 8);
    memcpy(server.caps, rq->caps, sizeof(server.caps));
    server.token = rq->token;
    if (msg_label(rq->info) == READ) return answer_with(rq, OK);
    request_commit(rq, 1, &one, sizeof(one));
    switch (msg_label(rq->info)) {
    case ADD:
        request_commit_parts(rq, 1, data_from("\12\0\0\0", 4), data_from("\0\0\0\0", 4));
        return answer_with(rq, OK);
    case FAIL:
        return answer_with(rq, ERR_RANGE);
    case LATER:
        return REPLY_LATER;
    case KEEP:
        server.kept = request_keep(rq, rq->caps[1].slot);
        assert_int_equal(request_keep(rq, server.kept), 0); /* once */
        return answer_with(rq, OK);
    case ANSWER_AND_LATER: {
        struct message m = {.info = msg_info(OK, 0, 0, 0)};
        assert_int_equal(request_answer(rq->token, &m), OK);
        return REPLY_LATER;
    }
    case TWICE: {
        struct message m = {.info = msg_info(OK, 0, 0, 0)};
        assert_int_equal(request_answer(rq->token, &m), OK);
        assert_int_equal(request_answer(rq->token, &m), ERR_BUSY);
        return answer_with(rq, OK);
    }
    }
    return answer_with(rq, ERR_SYSCALL);
}

static void signalled(struct service *svc, uint64_t bits)
{
    uint64_t hundred = 100;
    server.bits = bits;
    service_commit(svc, 1, &hundred, sizeof(hundred));
}

static int faulted(struct service *svc, struct request *rq)
{
    (void)svc;
    server.faults++;
    assert_int_equal(msg_label(rq->info), FAULT_MEMORY);
    return rq->words[0] == 0 ? OK : REPLY_LATER;
}

int service_setup(void **state)
{
    (void)state;
    memset(&kernel, 0, sizeof(kernel));
    memset(&server, 0, sizeof(server));
    memset(&service, 0, sizeof(service));
    fake_trap = trap_here;
    slot_setup(FIRST_REPLY, 200);
    service = (struct service){.state = &server,
                               .endpoint = ENDPOINT,
                               .reply_count = 2,
                               .receive_slots = 2,
                               .dispatch = dispatch,
                               .apply = apply,
                               .signal = signalled,
                               .fault = faulted};
    assert_int_equal(service_init(&service), OK);
    service_first(&service);
    return 0;
}

bool arrives(uint32_t label, uint64_t flags)
{
    kernel.receives = 0;
    kernel.next = (struct message){.cap = 5, .info = msg_info(label, 1, 0, 0) | flags, .w = {7}};
    return service_turn(&service);
}
