/* fuzz_checks.c - the checks of generated handlers, and one request through a dispatch. */
#include "fuzz.h"

#include <string.h>
#include <trap.h>

const void *fuzz_low, *fuzz_high;
uint32_t fuzz_handled, fuzz_last;

static volatile uint8_t sink;

_Noreturn void fuzz_fail(const char *fact, const char *where)
{
    fprintf(stderr, "%s: not so: %s\n", where, fact);
    abort();
}

int fuzz_reached(struct request *rq, uint32_t method)
{
    fuzz_handled++;
    fuzz_last = method;
    /* A handler may say anything. */
    return msg_words(rq->info) % 5 == 3 ? ERR_NO_MEMORY : OK;
}

void touch(const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < len; i++) {
        sink ^= at[i];
    }
}

static void check_place(const void *at, size_t len)
{
    REQUIRE((const char *)at >= (const char *)fuzz_low);
    REQUIRE((const char *)at + len <= (const char *)fuzz_high);
    touch(at, len);
}

void check_bool(const bool *value)
{
    uint8_t byte;
    memcpy(&byte, value, 1);
    REQUIRE(byte <= 1);
}

void check_bytes(const void *at, uint32_t len, uint32_t max, bool is_text)
{
    REQUIRE(len <= max);
    check_place(at, len);
    if (is_text) REQUIRE(len == 0 || memchr(at, 0, len) == NULL);
}

void check_words(const uint64_t *words, uint32_t count, unsigned bits)
{
    check_place(words, count * sizeof(*words));
    for (uint32_t i = 0; i < count; i++) {
        REQUIRE(bits == 64 || words[i] >> bits == 0);
    }
}

void check_cap(const struct cap_arg *cap, bool needs_endpoint, bool may_lack)
{
    if (cap->type == CAP_EMPTY) {
        REQUIRE(may_lack);
        REQUIRE(cap->slot == 0);
        return;
    }
    if (needs_endpoint) REQUIRE(cap->type == CAP_ENDPOINT);
}

/* The last bytes that make no whole word fall away. */
int fuzz_request(const uint8_t *data, size_t size)
{
    static struct ipc_buffer page;
    if (size < FUZZ_HEAD) return -2;
    uint32_t count = (uint32_t)(size - FUZZ_HEAD) / 8;
    uint32_t cap_count = data[3] % (MSG_CAPS_MAX + 1);
    if (count > MSG_WORDS_MAX) return -2;

    uint64_t *words = malloc(count * 8ul + 1);
    memcpy(words, data + FUZZ_HEAD, count * 8ul);
    struct request rq = {
        .info = msg_info((uint32_t)(data[1] | data[2] << 8), count, cap_count, 0) | MSG_CALL,
        .words = words,
        .buffer = &page,
    };
    for (uint32_t i = 0; i < cap_count; i++) {
        uint8_t type = data[4 + i] % CAP_TYPE_COUNT;
        rq.caps[i] = (struct cap_arg){.slot = type == 0 ? 0 : 40 + i, .type = type, .badge = 9};
    }
    fuzz_low = words;
    fuzz_high = words + count;
    uint32_t before = fuzz_handled;
    int result = fuzz_interfaces[data[0] % fuzz_interface_count].dispatch(&rq);
    free(words);

    REQUIRE(fuzz_handled - before <= 1);
    REQUIRE(msg_label(rq.answer.info) == (uint32_t)result);
    REQUIRE(msg_words(rq.answer.info) <= MSG_WORDS_MAX);
    if (result != OK) REQUIRE(msg_words(rq.answer.info) == 0 && msg_caps(rq.answer.info) == 0);
    return result;
}

int request_answer(uint64_t token, struct message *m)
{
    (void)token;
    (void)m;
    return OK;
}
