/*
 * service_run.h - the loop of a service, inlined into its program together with its dispatch.
 *
 * A call with words in registers alone, whose handler changes nothing and answers at once, goes by
 * here and in the generated dispatch: its words stay in registers as far as they can. Whatever else
 * there may be is in service.c, and is looked for twice in a turn: in the info of what arrived, and
 * in service.unusual at the end.
 */
#pragma once
#include "codec.h"
#include "service.h"

typedef int service_dispatch(struct service *service, struct request *rq);

/* All bits of an info but those of the label and of up to 7 words: a usual call has MSG_CALL alone.
 */
#define SERVICE_USUAL_MASK (MSG_SIGNAL | MSG_FAULT | MSG_CALL | msg_info(0, 0x3f8, 7, 0))

enum service_step { SERVICE_STEP_DISPATCH, SERVICE_STEP_DONE, SERVICE_STEP_GONE };

/* A receive that failed, or brought what is not usual. */
CODEC_SELDOM enum service_step service_seldom(struct service *svc, enum err err, struct message *m);
/* After a handler: applies, holds or answers, and readies the next receive. */
void service_decided(struct service *svc, int result);
CODEC_SELDOM _Noreturn void service_gone(void);

/* Gives the answer and waits for the next message. On an error `m` is nothing, and the answer is
 * not given. */
MUST_USE CODEC_INLINE enum err service_receive(const struct service *svc, struct message *m)
{
    *m = svc->rq.answer;
    m->cap = svc->endpoint;
    m->info |= svc->receive_info;
    m->aux = svc->receive_aux;
    return trap(svc->receive_call, m);
}

CODEC_INLINE void service_open(struct service *svc, const struct message *m)
{
    struct request *rq = &svc->rq;
    rq->badge = m->cap;
    rq->info = m->info;
    rq->generation++; /* an old token answers nothing */
    rq->number = 0;
    rq->is_light = false;
    rq->is_volatile = false;
    rq->answer.info = 0;
    if (msg_words(m->info) == 0) return;
    for (uint32_t i = 0; i < MSG_REGISTERS; i++) {
        svc->words[i] = m->w[i];
    }
}

/* One turn; `dispatch` is a constant wherever this is inlined. False: the endpoint is gone. */
MUST_USE CODEC_INLINE bool service_turn_by(struct service *svc, service_dispatch *dispatch)
{
    struct message m;
    enum err err = service_receive(svc, &m);
    if (__builtin_expect(err == OK && (m.info & SERVICE_USUAL_MASK) == MSG_CALL, true)) {
        service_open(svc, &m);
    } else {
        struct message seldom = m; /* `m` itself never reaches memory */
        enum service_step step = service_seldom(svc, err, &seldom);
        if (step != SERVICE_STEP_DISPATCH) return step == SERVICE_STEP_DONE;
    }
    int result = dispatch(svc, &svc->rq);
    if (__builtin_expect(result == REPLY_LATER, false)) {
        service_decided(svc, REPLY_LATER);
        return true;
    }
    if (__builtin_expect(svc->unusual != 0, false)) service_decided(svc, result);
    return true;
}

/* As service_run(), by a dispatch that is inlined. */
_Noreturn CODEC_INLINE void service_serve(struct service *svc, service_dispatch *dispatch)
{
    service_first(svc);
    while (service_turn_by(svc, dispatch)) {
    }
    service_gone();
}
