#include "codec.h"

#include "startup.h"

enum { THREADS_MAX = 255, TRIES_MAX = 5 };

static bool has_zero_byte(uint64_t word)
{
    return ((word - 0x0101010101010101ull) & ~word & 0x8080808080808080ull) != 0;
}

/* The bytes of the last word that are not part of a run of `len` bytes; 0 when it is full. */
static uint64_t padding_mask(uint32_t len)
{
    return len % 8 == 0 ? 0 : ~0ull << (len % 8 * 8);
}

static const uint64_t *take_bytes(struct codec_in *r, uint64_t len, uint32_t max)
{
    if (len > max) return NULL;
    uint32_t count = ((uint32_t)len + 7) / 8;
    const uint64_t *words = codec_take(r, count);
    if (words == NULL) return NULL;
    if (count > 0 && (words[count - 1] & padding_mask((uint32_t)len)) != 0) return NULL;
    return words;
}

int codec_take_text(struct codec_in *r, uint64_t len, uint32_t max, struct text *out)
{
    const uint64_t *words = take_bytes(r, len, max);
    if (words == NULL) return ERR_MESSAGE;
    for (uint32_t i = 0; i < len / 8; i++) {
        if (has_zero_byte(words[i])) return ERR_MESSAGE;
    }
    uint64_t padding = padding_mask((uint32_t)len);
    if (padding != 0 && has_zero_byte(words[len / 8] | padding)) return ERR_MESSAGE;
    *out = text_from((const char *)words, len);
    return OK;
}

int codec_take_data(struct codec_in *r, uint64_t len, uint32_t max, struct data *out)
{
    const uint64_t *words = take_bytes(r, len, max);
    if (words == NULL) return ERR_MESSAGE;
    *out = data_from(words, len);
    return OK;
}

int codec_take_words(struct codec_in *r, uint64_t highest, uint32_t count, const uint64_t **out)
{
    const uint64_t *words = codec_take(r, count);
    if (words == NULL) return ERR_MESSAGE;
    for (uint32_t i = 0; i < count; i++) {
        if (words[i] > highest) return ERR_MESSAGE;
    }
    *out = words;
    return OK;
}

/* `len` bytes to the words from `at`, all in one of the two places; zeros pad the last word. */
static void copy_bytes(uint64_t *to, const uint8_t *from, uint32_t len)
{
    __builtin_memmove(to, from, len); /* `from` may lie in the message page */
    if (len % 8 != 0) to[len / 8] &= ~padding_mask(len);
}

void codec_put_bytes(struct codec_out *o, const void *bytes, uint32_t len)
{
    const uint8_t *from = bytes;

    if (o->at < MSG_REGISTERS && len > 0) {
        uint32_t room = (MSG_REGISTERS - o->at) * 8;
        uint32_t part = len < room ? len : room;
        copy_bytes(&o->m->w[o->at], from, part);
        o->at += (part + 7) / 8;
        from += part;
        len -= part;
    }
    if (len > 0) {
        copy_bytes(&o->buffer->words[o->at - MSG_REGISTERS], from, len);
        o->at += (len + 7) / 8;
    }
}

void codec_put_words(struct codec_out *o, const uint64_t *words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        codec_put(o, words[i]);
    }
}

const uint64_t *codec_gather(const struct message *m, struct ipc_buffer *buffer)
{
    /* Words and capabilities of the page together hold exactly the longest message. */
    _Static_assert(sizeof(*buffer) == MSG_WORDS_MAX * 8, "room for all words");
    uint64_t *all = (uint64_t *)buffer;
    uint32_t count = msg_words(m->info);

    if (count > MSG_REGISTERS) {
        __builtin_memmove(all + MSG_REGISTERS, all, (count - MSG_REGISTERS) * 8ull);
    }
    for (uint32_t i = 0; i < MSG_REGISTERS; i++) {
        all[i] = m->w[i];
    }
    return all;
}

int codec_answer_error(uint64_t info)
{
    for (uint32_t i = 0; i < msg_caps(info) && i < MSG_CAPS_MAX; i++) {
        cap_t slot = ipc_buffer()->caps[i].slot;
        if (slot != 0) (void)sys_drop(slot);
    }
    uint32_t label = msg_label(info);
    return label != 0 ? (int)label : ERR_MESSAGE;
}

int codec_answer_refuse(const struct cap_arg *caps, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (caps[i].slot != 0) (void)sys_drop(caps[i].slot);
    }
    return ERR_MESSAGE;
}

enum err codec_call(cap_t cap, cap_t receive, struct message *m)
{
    return codec_call_inline(cap, receive, m);
}

void codec_cancelled(void)
{
    while (__atomic_load_n(&thread_self()->calling, __ATOMIC_ACQUIRE) != 0) {
        sys_yield();
    }
}

/* Pid, thread, count; 24 bits of each but the thread. A thread has one call at a time, so that a
 * count that starts anew is never taken for the last one. */
uint64_t codec_request_number(void)
{
    static uint32_t threads;
    struct thread_block *self = thread_self();
    if (self->startup == NULL) return 0;
    if (self->requests >> 24 == 0) {
        uint32_t thread = __atomic_add_fetch(&threads, 1, __ATOMIC_RELAXED);
        if (thread > THREADS_MAX) return 0;
        self->requests = thread << 24;
    }
    self->requests = (self->requests & 0xff000000) | ((self->requests + 1) & 0xffffff);
    return (uint64_t)(self->startup->pid & 0xffffff) << 32 | self->requests;
}

bool codec_cut_off(int err, uint32_t *tries)
{
    return (err == ERR_PEER_DIED || err == ERR_CAP_LOST) && ++*tries < TRIES_MAX;
}

int codec_connect(cap_t cap, uint64_t id)
{
    struct message m = {.info = msg_info(MESSAGE_DESCRIBE, 0, 0, 0)};
    enum err err = codec_call(cap, 0, &m);
    if (err != OK) return (int)err;
    if ((m.info & CODEC_ANSWER_MASK) != msg_info(OK, 1, 0, 0)) return codec_answer_error(m.info);
    return m.w[0] == id ? OK : ERR_CAP_TYPE;
}

int codec_check_caps(struct request *rq, uint32_t least, uint32_t most, uint32_t endpoints)
{
    uint32_t count = msg_caps(rq->info);

    if (count < least || count > most) return ERR_MESSAGE;
    for (uint32_t i = 0; i < count; i++) {
        if (rq->caps[i].slot == 0) rq->caps[i].type = CAP_ENDPOINT;
        if ((endpoints >> i & 1) != 0 && rq->caps[i].type != CAP_ENDPOINT) return ERR_MESSAGE;
        if (rq->caps[i].type == CAP_EMPTY) return ERR_MESSAGE;
    }
    return OK;
}

int codec_answer(struct request *rq, int err)
{
    rq->answer.info = msg_info((uint32_t)err, 0, 0, 0); /* the kernel delivers no word beyond */
    return err;
}

int codec_describe(struct request *rq, uint64_t id)
{
    rq->is_volatile = true;
    if (msg_words(rq->info) != 0 || msg_caps(rq->info) != 0) return codec_answer(rq, ERR_MESSAGE);
    rq->answer.info = msg_info(OK, 1, 0, 0);
    rq->answer.w[0] = id;
    return OK;
}
