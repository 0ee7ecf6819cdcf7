/*
 * request.h - a received message as the generated dispatch sees it. The framework (service.h)
 * fills it, the dispatch checks it, calls the handler and fills the answer.
 */
#pragma once
#include "message.h"

struct request {
    uint64_t badge;        /* who asks, or which object is meant; never what the message says */
    uint64_t info;         /* as received: ordinal, words, capabilities */
    const uint64_t *words; /* private copy of all msg_words(info) words */
    /* The msg_caps(info) capabilities that came, the others zero. The framework drops them after
     * the handler, but for those that it keeps; so also those of a refused message. */
    struct cap_arg caps[MSG_CAPS_MAX];
    union {
        uint64_t token; /* names the call in NAME_answer() after REPLY_LATER */
        struct {
            uint32_t reply, generation; /* the framework's */
        };
    };
    void *service;             /* the framework's and the server's own, unknown to the dispatch */
    uint64_t *scratch;         /* MSG_WORDS_MAX words for what a handler's answer points at */
    struct ipc_buffer *buffer; /* where the answer's words 8 and up and capabilities are put */
    /* Of a method that is done at most once: the client's number, 0 none, and who knows what came
     * of it before. True: the answer stands in the request. */
    uint64_t number;
    bool (*recall)(struct request *rq);
    bool is_light;    /* what it commits may end with the process, if the stream takes no more */
    bool is_volatile; /* the answer says nothing that has to be durable */
    struct message answer; /* info (label: result) and words, ready for sys_reply */
};

/* Answers the call `token` of an earlier request with m->info, m->w and the message page. Given by
 * the framework. Result: the kernel's error. */
int request_answer(uint64_t token, struct message *m);

/* For a dispatch that asks no handler: the answer is an error. Gives it back. */
static inline int request_refuse(struct request *rq, int err)
{
    rq->answer.info = msg_info((uint32_t)err, 0, 0, 0);
    return err;
}
