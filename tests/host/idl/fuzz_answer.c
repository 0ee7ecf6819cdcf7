/* fuzz_answer.c - any answer to the client's stub of any method. */
#include "fuzz.h"

#include <string.h>
#include <trap.h>

static const uint8_t *answer;
static size_t answer_size;

/* The kernel says the type: never that of an empty slot. */
static uint32_t answer_type(uint8_t byte)
{
    return CAP_UNTYPED + byte % (CAP_TYPE_COUNT - CAP_UNTYPED);
}

static enum err answer_call(struct message *m)
{
    struct ipc_buffer *page = ipc_buffer();
    uint32_t count = (uint32_t)(answer_size - FUZZ_HEAD) / 8;
    uint32_t caps = answer[3] % (MSG_CAPS_MAX + 1);
    uint64_t words[MSG_WORDS_MAX] = {0};

    memcpy(words, answer + FUZZ_HEAD, count * 8ul);
    memcpy(m->w, words, sizeof(m->w));
    memcpy(page->words, words + MSG_REGISTERS, sizeof(page->words));
    for (uint32_t i = 0; i < caps; i++) {
        page->caps[i] = (struct msg_cap){
            .slot = 20 + i,
            .rights = RIGHTS_ALL | answer_type(answer[4 + i]) << 8,
        };
    }
    m->info = msg_info((uint32_t)(answer[1] | answer[2] << 8), count, caps, 0);
    return OK;
}

static enum err kernel(uint64_t number, struct message *m)
{
    return number == SYS_CALL ? answer_call(m) : OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < FUZZ_HEAD || (size - FUZZ_HEAD) / 8 > MSG_WORDS_MAX) return 0;
    answer = data;
    answer_size = size;
    fake_trap = kernel;
    fuzz_low = ipc_buffer();
    fuzz_high = ipc_buffer() + 1;
    (void)fuzz_calls[data[0] % fuzz_method_count]();
    return 0;
}
