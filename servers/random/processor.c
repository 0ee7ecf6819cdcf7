/* processor.c - noise by RDRAND. */
#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

#include "source.h"

enum { TRIES = 10 }; /* Intel's guide to RDRAND, 5.2.1: ten in a row that fail mean a defect */

bool processor_is_there(void)
{
    unsigned a, b, c, d;

    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_RDRND) != 0;
}

__attribute__((target("rdrnd"))) static bool word_take(unsigned long long *out_word)
{
    for (int i = 0; i < TRIES; i++) {
        if (_rdrand64_step(out_word)) return true;
    }
    return false;
}

bool processor_noise(uint8_t *out_bytes, uint32_t count)
{
    for (uint32_t at = 0; at < count; at += 8) {
        unsigned long long word;
        if (!word_take(&word)) return false;
        memcpy(out_bytes + at, &word, count - at < 8 ? count - at : 8);
    }
    return true;
}
