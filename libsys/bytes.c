/* bytes.c - see bytes.h. Eight bytes an instruction: what counts is instructions, not cycles. */
#include "bytes.h"

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    void *out = to;
    size_t words = bytes / 8, rest = bytes % 8;
    __asm__ volatile("rep movsq\n\tmov %3, %0\n\trep movsb"
                     : "+c"(words), "+D"(out), "+S"(from)
                     : "r"(rest)
                     : "memory");
    return to;
}

/* Upwards from the end: the odd bytes there first, then words, of which the pointers name the first
 * byte. A word is read before one that it overlaps is written. */
void *memmove(void *to, const void *from, size_t bytes)
{
    if ((uintptr_t)to - (uintptr_t)from >= bytes) return memcpy(to, from, bytes);

    char *out = (char *)to + bytes - 1;
    const char *in = (const char *)from + bytes - 1;
    size_t rest = bytes % 8, words = bytes / 8;
    __asm__ volatile("std\n\trep movsb\n\tsub $7, %1\n\tsub $7, %2\n\tmov %3, %0\n\t"
                     "rep movsq\n\tcld"
                     : "+c"(rest), "+D"(out), "+S"(in)
                     : "r"(words)
                     : "memory");
    return to;
}

void *memset(void *to, int byte, size_t bytes)
{
    void *out = to;
    size_t words = bytes / 8, rest = bytes % 8;
    uint64_t pattern = (uint8_t)byte * 0x0101010101010101ull;
    __asm__ volatile("rep stosq\n\tmov %3, %0\n\trep stosb"
                     : "+c"(words), "+D"(out)
                     : "a"(pattern), "r"(rest)
                     : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const uint8_t *x = a, *y = b;
    for (; bytes >= 8; bytes -= 8, x += 8, y += 8) {
        uint64_t p, q;
        __builtin_memcpy(&p, x, 8);
        __builtin_memcpy(&q, y, 8);
        if (p == q) continue;
        p = __builtin_bswap64(p); /* so that the first differing byte decides */
        q = __builtin_bswap64(q);
        return p < q ? -1 : 1;
    }
    for (; bytes > 0; bytes--, x++, y++) {
        if (*x != *y) return *x < *y ? -1 : 1;
    }
    return 0;
}

size_t strlen(const char *text)
{
    size_t len = 0;
    while (text[len] != '\0') {
        len++;
    }
    return len;
}

size_t strnlen(const char *text, size_t max)
{
    size_t len = 0;
    while (len < max && text[len] != '\0') {
        len++;
    }
    return len;
}

int strncmp(const char *a, const char *b, size_t max)
{
    for (size_t i = 0; i < max; i++) {
        uint8_t x = (uint8_t)a[i], y = (uint8_t)b[i];
        if (x != y) return x < y ? -1 : 1;
        if (x == 0) return 0;
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *text, int byte)
{
    for (;; text++) {
        if (*text == (char)byte) return (char *)(uintptr_t)text;
        if (*text == '\0') return NULL;
    }
}

char *strrchr(const char *text, int byte)
{
    const char *last = NULL;
    for (;; text++) {
        if (*text == (char)byte) last = text;
        if (*text == '\0') return (char *)(uintptr_t)last;
    }
}
