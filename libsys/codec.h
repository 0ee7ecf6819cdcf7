/*
 * codec.h - what generated code shares: reading and writing the words of a message.
 *
 * A reader never looks beyond `count` words, whatever the words say. A writer never writes beyond
 * MSG_WORDS_MAX: generated code has checked every length against its bound before, and the
 * compiler has added the bounds up.
 */
#pragma once
#include "message.h"
#include "request.h"

#define CODEC_INLINE __attribute__((always_inline)) static inline

/* Of the info of an answer: all but the receive slots and what the kernel sets. */
#define CODEC_ANSWER_MASK 0xffff1fffull
/* Of the info of a request: words and capabilities. */
#define CODEC_SHAPE_MASK 0x1fffull
#define CODEC_SELDOM __attribute__((cold))
#define CODEC_WRONG(fact) __builtin_expect((fact), 0)

/* ---- reading ---- */

struct codec_in {
    const uint64_t *words;
    uint32_t count, at; /* at <= count */
};

/* The next `count` words, or NULL. */
CODEC_INLINE const uint64_t *codec_take(struct codec_in *r, uint32_t count)
{
    if (count > r->count - r->at) return NULL;
    const uint64_t *words = r->words + r->at;
    r->at += count;
    return words;
}

CODEC_INLINE int codec_end(const struct codec_in *r)
{
    return r->at == r->count ? OK : ERR_MESSAGE;
}

/* `len` is the word that stood in the fixed part. Zeros pad the last word. */
int codec_take_text(struct codec_in *r, uint64_t len, uint32_t max, struct text *out);
int codec_take_data(struct codec_in *r, uint64_t len, uint32_t max, struct data *out);
/* Each word at most `highest`. */
int codec_take_words(struct codec_in *r, uint64_t highest, uint32_t count, const uint64_t **out);

/* A number that no other request of this boot has; 0: there is none for this thread. */
uint64_t codec_request_number(void);
/* Whether a call that `err` ended is to be repeated; gives up after a few times. */
bool codec_cut_off(int err, uint32_t *tries);

/* ---- writing ---- */

struct codec_out {
    struct message *m;
    struct ipc_buffer *buffer;
    uint32_t at; /* words written */
};

CODEC_INLINE void codec_put(struct codec_out *o, uint64_t word)
{
    uint32_t at = o->at++;

    if (at < MSG_REGISTERS) {
        o->m->w[at] = word;
    } else {
        o->buffer->words[at - MSG_REGISTERS] = word;
    }
}

void codec_put_bytes(struct codec_out *o, const void *bytes, uint32_t len);
void codec_put_words(struct codec_out *o, const uint64_t *words, uint32_t count);

/* ---- client ---- */

CODEC_INLINE void codec_send_cap(struct ipc_buffer *buffer, uint32_t index,
                                 const struct cap_arg *cap)
{
    buffer->caps[index] =
        (struct msg_cap){.slot = cap->slot, .rights = cap->rights, .badge = cap->badge};
}

/* Waits until another thread, which ends this one's call, has emptied the slot. */
CODEC_SELDOM __attribute__((preserve_most)) void codec_cancelled(void);

/* As sys_call(), but another thread can end the wait: call_cancel(). */
MUST_USE CODEC_INLINE enum err codec_call_inline(cap_t cap, cap_t receive, struct message *m)
{
    calling_begin(cap);
    enum err err = sys_call(cap, receive, m);
    if (!calling_end(cap)) codec_cancelled();
    return err;
}
/* The same, where the message is in memory anyway. */
MUST_USE enum err codec_call(cap_t cap, cap_t receive, struct message *m);

/* What arrived as capability `index`. */
CODEC_INLINE struct cap_arg codec_received(const struct ipc_buffer *buffer, uint32_t index)
{
    const struct msg_cap *from = &buffer->caps[index];

    return (struct cap_arg){
        .slot = from->slot,
        .rights = (uint8_t)from->rights,
        .type = from->slot == 0 ? CAP_ENDPOINT : (uint8_t)(from->rights >> 8),
        .badge = from->badge,
    };
}

/* Words 0 and up of the arrived message as one run at the start of the message page. The
 * capabilities in the page are gone after it. */
const uint64_t *codec_gather(const struct message *m, struct ipc_buffer *buffer);

/* Result of an answer that is not what the method answers on success: its error, or ERR_MESSAGE.
 * Capabilities that came with it are dropped. */
CODEC_SELDOM int codec_answer_error(uint64_t info);
/* The same for one that has the right shape and wrong contents. */
CODEC_SELDOM int codec_answer_refuse(const struct cap_arg *caps, uint32_t count);

/* Asks the other side for its interface id: OK, ERR_CAP_TYPE when it is another, or an error. */
int codec_connect(cap_t cap, uint64_t id);

/* ---- server ---- */

/* Between `least` and `most` capabilities came, and each in `endpoints` (a bit a parameter) is an
 * endpoint. Sets the type of those to the server's own endpoint. */
int codec_check_caps(struct request *rq, uint32_t least, uint32_t most, uint32_t endpoints);
/* Answers with a result and no words. Returns `err`. */
CODEC_SELDOM int codec_answer(struct request *rq, int err);
CODEC_SELDOM int codec_describe(struct request *rq, uint64_t id);
