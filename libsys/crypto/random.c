/* random.c - libsodium's random bytes are the random server's. See crypto.h. */
#include <sodium.h>
#include <string.h>

#include "crypto.h"
#include "idl/random.h"
#include "panic.h"
#include "service.h"

enum { PIECE = 2048 };

static cap_t source;

int crypto_random(void *out, uint32_t bytes)
{
    uint8_t *at = out;
    uint32_t tries = 0;
    while (bytes > 0) {
        struct random_bytes_in in = {.count = bytes < PIECE ? bytes : PIECE};
        struct random_bytes_out answer;
        int err = source == 0 ? ERR_CAP_EMPTY : random_bytes(source, &in, &answer);
        if (err != OK && call_again(err, &tries)) continue;
        if (err != OK) return err;
        if (answer.bytes.len != in.count) return ERR_MESSAGE;
        memcpy(at, answer.bytes.at, in.count);
        sodium_memzero((void *)(uintptr_t)answer.bytes.at, in.count);
        at += in.count;
        bytes -= in.count;
    }
    return OK;
}

static const char *name(void)
{
    return "the random server";
}

static void fill(void *const out, const size_t bytes)
{
    if (crypto_random(out, (uint32_t)bytes) != OK) PANIC("no random bytes");
}

static uint32_t word(void)
{
    uint32_t value;
    fill(&value, sizeof(value));
    return value;
}

void crypto_setup(uint32_t random)
{
    static struct randombytes_implementation ours;
    ours = (struct randombytes_implementation){
        .implementation_name = name, .random = word, .buf = fill};
    source = random;
    (void)randombytes_set_implementation(&ours);
}
