#include "wire.h"

#include <stdlib.h>
#include <string.h>

struct wire wire;

static struct ipc_buffer server_page;

/* The page as the receiver finds it, and the sender's as the receiver must not see it. */
static void deliver(uint64_t info, const struct ipc_buffer *from, struct ipc_buffer *to)
{
    uint32_t count = msg_words(info);

    memset(to, 0xa5, sizeof(*to));
    if (count > MSG_REGISTERS) {
        memcpy(to->words, from->words, (count - MSG_REGISTERS) * 8ul);
    }
}

static struct request request_from(const struct message *m, uint64_t *words)
{
    struct request rq = {.badge = 7, .info = m->info, .words = words, .buffer = &server_page};
    uint32_t count = msg_words(m->info);

    for (uint32_t i = 0; i < count; i++) {
        words[i] = i < MSG_REGISTERS ? m->w[i] : server_page.words[i - MSG_REGISTERS];
    }
    return rq;
}

static void deliver_caps(struct request *rq, const struct ipc_buffer *page)
{
    for (uint32_t i = 0; i < msg_caps(rq->info); i++) {
        const struct msg_cap *cap = &page->caps[i];
        assert_in_range(cap->slot, 1, 31);
        rq->caps[i].rights = (uint8_t)cap->rights;
        if (wire.own_badge[cap->slot] != 0) {
            rq->caps[i].badge = wire.own_badge[cap->slot];
        } else {
            rq->caps[i].slot = 100 + i;
            rq->caps[i].type = wire.cap_type[cap->slot];
        }
    }
}

/* Capabilities of the answer go to the slots that the client named. */
static void answer_caps(const struct message *answer, struct ipc_buffer *page, uint32_t first)
{
    for (uint32_t i = 0; i < msg_caps(answer->info); i++) {
        struct msg_cap sent = server_page.caps[i];
        assert_int_not_equal(first, 0);
        page->caps[i] = (struct msg_cap){
            .slot = first + i,
            .rights = sent.rights | (uint32_t)wire.cap_type[sent.slot] << 8,
        };
    }
}

static enum err call(struct message *m)
{
    struct ipc_buffer *page = ipc_buffer();
    struct ipc_buffer sent = *page;

    wire.calls++;
    if (wire.refuse != OK) return wire.refuse;
    wire.sent_info = m->info;
    assert_in_range(msg_words(m->info), 0, MSG_WORDS_MAX);
    deliver(m->info, &sent, &server_page);
    uint64_t *words = malloc(msg_words(m->info) * 8ul + 1);
    struct request rq = request_from(m, words);
    memcpy(wire.sent_words, words, msg_words(m->info) * 8ul);
    deliver_caps(&rq, &sent);
    if (wire.spoil != NULL) wire.spoil(&rq);
    wire.result = wire.dispatch(&rq);
    assert_int_equal(msg_label(rq.answer.info), wire.result);
    free(words);

    struct message answer = rq.answer;
    deliver(answer.info, &server_page, page);
    answer_caps(&answer, page, (uint32_t)(m->aux >> 32));
    if (wire.spoil_answer != NULL) wire.spoil_answer(&answer, page);
    wire.answer_info = answer.info;
    *m = answer;
    return OK;
}

static enum err kernel(uint64_t number, struct message *m)
{
    if (number == SYS_CALL) return call(m);
    if (number == SYS_DROP) {
        wire.drops++;
        return OK;
    }
    fail_msg("system call %llx", (unsigned long long)number);
    return ERR_SYSCALL;
}

void wire_open(int (*dispatch)(struct request *rq))
{
    wire = (struct wire){.dispatch = dispatch};
    for (uint32_t i = 0; i < 32; i++) {
        wire.cap_type[i] = CAP_ENDPOINT;
    }
    fake_trap = kernel;
}

int wire_raw(int (*dispatch)(struct request *rq), const struct raw *raw)
{
    uint64_t *words = malloc(raw->word_count * 8ul + 1);
    struct request rq = {
        .info = msg_info(raw->ordinal, raw->word_count, raw->cap_count, 0) | MSG_CALL,
        .words = words,
        .buffer = &server_page,
    };
    if (raw->word_count > 0) memcpy(words, raw->words, raw->word_count * 8ul);
    memcpy(rq.caps, raw->caps, sizeof(rq.caps));
    int result = dispatch(&rq);
    free(words);
    assert_int_equal(msg_label(rq.answer.info), result);
    if (result != OK) assert_int_equal(msg_words(rq.answer.info), 0);
    return result;
}
