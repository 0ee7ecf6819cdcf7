/* text.c - see text.h. */
#include "text.h"

#include <stdint.h>

#include "bytes.h"

bool text_copy(char *out, size_t size, const char *from, size_t len)
{
    if (size == 0) return false;
    size_t copied = len < size ? len : size - 1;
    memcpy(out, from, copied);
    out[copied] = '\0';
    return copied == len;
}

bool text_parse_u64(const char *text, size_t len, uint64_t *out_value)
{
    uint64_t value = 0;
    if (len == 0) return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (__builtin_mul_overflow(value, 10, &value)) return false;
        if (__builtin_add_overflow(value, digit, &value)) return false;
    }
    *out_value = value;
    return true;
}

bool text_has_word(const char *line, size_t len, const char *word)
{
    size_t word_len = strlen(word);
    for (size_t at = 0; at + word_len <= len; at++) {
        bool begins = at == 0 || line[at - 1] == ' ';
        bool ends = at + word_len == len || line[at + word_len] == ' ';
        if (begins && ends && memcmp(line + at, word, word_len) == 0) return true;
    }
    return false;
}
