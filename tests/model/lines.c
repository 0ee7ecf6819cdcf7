/*
 * lines.c - which memory a state is. Nothing is assumed of where the kernel writes: the arena is
 * write-protected, a page written to is compared with its base after each state's operations, and a
 * line that differs is tracked from then on (the operations of that state are done again). The
 * kernel's variables and the machine's are pages of the same kind, without the protection.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "explore.h"

enum { LINE_BYTES = 64, LINE_WORDS = 8, PAGES_MAX = 1024, TRACKED_MAX = 4096, ARENA_PAGES = 16384 };
#define RAW __attribute__((no_sanitize("address")))

struct page {
    char *at, *base;
    uint64_t tracked; /* bit i: line i of it */
    uint32_t bytes;
};
static struct page pages[PAGES_MAX];
static uint32_t page_count;
static bool is_hot[ARENA_PAGES];

static uint64_t *line_at[TRACKED_MAX];
static uint64_t base[TRACKED_MAX][LINE_WORDS], parent[TRACKED_MAX][LINE_WORDS];
static uint8_t line_words[TRACKED_MAX], classes[TRACKED_MAX];
static uint32_t line_count;
static uint32_t changed[TRACKED_MAX], changed_count;

extern char __start_kernel_bss[], __stop_kernel_bss[];
extern char __start_kernel_data[], __stop_kernel_data[];

RAW static void copy_words(uint64_t *to, const uint64_t *from, uint32_t words)
{
    if (words == LINE_WORDS) {
        for (uint32_t i = 0; i < LINE_WORDS; i++) {
            to[i] = from[i];
        }
        return;
    }
    for (uint32_t i = 0; i < words; i++) {
        to[i] = from[i];
    }
}

RAW static bool words_differ(const uint64_t *a, const uint64_t *b, uint32_t words)
{
    uint64_t d = 0;
    if (words == LINE_WORDS) {
        for (uint32_t i = 0; i < LINE_WORDS; i++) {
            d |= a[i] ^ b[i];
        }
        return d != 0;
    }
    for (uint32_t i = 0; i < words; i++) {
        d |= a[i] ^ b[i];
    }
    return d != 0;
}

RAW static void page_add(char *at, uint64_t bytes)
{
    if (page_count == PAGES_MAX) abort();
    struct page *p = &pages[page_count++];
    *p = (struct page){.at = at, .base = malloc(bytes), .bytes = (uint32_t)bytes};
    if (p->base == NULL) abort();
    for (uint64_t i = 0; i < bytes / 8; i++) {
        ((uint64_t *)p->base)[i] = ((const uint64_t *)at)[i];
    }
}

/* A region of whole words; a last one in part is padding of the section. */
static void region_add(char *at, const char *end)
{
    uint64_t bytes = ((uint64_t)(end - at) + 7) & ~7ull;
    for (uint64_t done = 0; done < bytes; done += PAGE_BYTES) {
        page_add(at + done, bytes - done < PAGE_BYTES ? bytes - done : PAGE_BYTES);
    }
}

/* The arena but for the rings: their records leave the kernel, it never reads them back. */
static void protect(int how)
{
    char *rings = (char *)log_header(), *arena = (char *)FAKE_WINDOW;
    if (mprotect(arena, (size_t)(rings - arena), how) != 0) abort();
    char *behind = rings + LOG_BYTES;
    if (mprotect(behind, (size_t)(arena + FAKE_MEMORY - behind), how) != 0) abort();
}

bool lines_fault(void *at)
{
    uint64_t offset = (uint64_t)at - FAKE_WINDOW;
    if (offset >= FAKE_MEMORY || is_hot[offset / PAGE_BYTES]) return false;
    char *page = (char *)FAKE_WINDOW + offset / PAGE_BYTES * PAGE_BYTES;
    is_hot[offset / PAGE_BYTES] = true;
    page_add(page, PAGE_BYTES);
    return mprotect(page, PAGE_BYTES, PROT_READ | PROT_WRITE) == 0;
}

void lines_begin(void)
{
    for (uint32_t i = 0; i < page_count; i++) {
        free(pages[i].base);
    }
    page_count = line_count = changed_count = 0;
    memset(is_hot, 0, sizeof(is_hot));
    region_add(__start_kernel_bss, __stop_kernel_bss);
    region_add(__start_kernel_data, __stop_kernel_data);
    region_add((char *)&fake, (const char *)&fake + offsetof(struct fake, output));
    page_add((char *)log_header(), LINE_BYTES);
    protect(PROT_READ);
}

void lines_end(void)
{
    protect(PROT_READ | PROT_WRITE);
}

uint32_t lines_count(void)
{
    return line_count;
}

RAW static void track(struct page *p, uint32_t line)
{
    if (line_count == TRACKED_MAX) abort();
    uint32_t from = line * LINE_BYTES, i = line_count++;
    p->tracked |= 1ull << line;
    line_at[i] = (uint64_t *)(p->at + from);
    classes[i] = (uint8_t)line_class(line_at[i]);
    line_words[i] = (uint8_t)((p->bytes - from < LINE_BYTES ? p->bytes - from : LINE_BYTES) / 8);
    const uint64_t *was = (const uint64_t *)(p->base + from);
    copy_words(base[i], was, line_words[i]);
    copy_words(parent[i], was, line_words[i]);
    copy_words(line_at[i], was, line_words[i]);
}

bool lines_grown(void)
{
    uint32_t before = line_count;
    for (uint32_t n = 0; n < page_count; n++) {
        struct page *p = &pages[n];
        for (uint32_t line = 0; line * LINE_BYTES < p->bytes; line++) {
            if (p->tracked >> line & 1) continue;
            uint32_t from = line * LINE_BYTES, left = p->bytes - from;
            if (words_differ((const uint64_t *)(p->at + from), (const uint64_t *)(p->base + from),
                             (left < LINE_BYTES ? left : LINE_BYTES) / 8))
                track(p, line);
        }
    }
    return line_count != before;
}

void lines_parent(void)
{
    for (uint32_t i = 0; i < line_count; i++) {
        copy_words(parent[i], line_at[i], line_words[i]);
    }
    changed_count = 0;
}

static uint64_t fold128(uint64_t a, uint64_t b)
{
    key_t128 product = (key_t128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* 0 for a line as in the base, so that the key of a state does not depend on what is tracked. */
RAW static key_t128 line_key(uint32_t i, const uint64_t *w)
{
    if (!words_differ(w, base[i], line_words[i])) return 0;
    uint64_t low = (uint64_t)line_at[i] * 0x9e3779b97f4a7c15ull, high = ~low;
    for (uint32_t k = 0; k < line_words[i]; k++) {
        low = fold128(low ^ w[k] ^ 0xa0761d6478bd642full, 0xe7037ed1a0b428dbull + 2 * k);
        high = fold128(high ^ w[k] ^ 0x8ebc6af09c88c6e3ull, 0x589965cc75374cc3ull + 2 * k);
        low ^= w[k] << 32 | w[k] >> 32;
        high ^= w[k] << 17 | w[k] >> 47;
    }
    low = fold128(low, 0xd6e8feb86659fd93ull);
    high = fold128(high, 0xff51afd7ed558ccdull);
    return (key_t128)high << 64 | low;
}

key_t128 lines_diff(key_t128 key)
{
    changed_count = 0;
    for (uint32_t i = 0; i < line_count; i++) {
        if (!words_differ(line_at[i], parent[i], line_words[i])) continue;
        changed[changed_count++] = i;
        key += line_key(i, line_at[i]) - line_key(i, parent[i]);
    }
    return key;
}

bool lines_authority_changed(void)
{
    for (uint32_t n = 0; n < changed_count; n++) {
        uint32_t i = changed[n];
        if (!line_keeps_authority((enum line_class)classes[i], line_at[i], line_at[i], parent[i]))
            return true;
    }
    return false;
}

bool lines_within(uint32_t actor)
{
    for (uint32_t n = 0; n < changed_count; n++) {
        uint32_t i = changed[n];
        if (line_words[i] == LINE_WORDS &&
            !footprint_allows(actor, line_at[i], line_at[i], parent[i]))
            return false;
    }
    return true;
}

void lines_restore(void)
{
    for (uint32_t n = 0; n < changed_count; n++) {
        uint32_t i = changed[n];
        copy_words(line_at[i], parent[i], line_words[i]);
    }
    changed_count = 0;
}

uint64_t lines_room(void)
{
    return 1 + (uint64_t)line_count * (LINE_WORDS + 1);
}

/* Count of lines; for each its number << 8 | which words differ, and by what. */
RAW uint64_t lines_encode(uint64_t *out)
{
    uint64_t *at = out + 1, count = 0;
    for (uint32_t i = 0; i < line_count; i++) {
        if (!words_differ(line_at[i], base[i], line_words[i])) continue;
        uint64_t *head = at++, mask = 0;
        for (uint32_t k = 0; k < line_words[i]; k++) {
            if (line_at[i][k] == base[i][k]) continue;
            mask |= 1ull << k;
            *at++ = line_at[i][k] ^ base[i][k];
        }
        *head = (uint64_t)i << 8 | mask;
        count++;
    }
    *out = count;
    return (uint64_t)(at - out);
}

RAW void lines_decode(const uint64_t *in)
{
    for (uint32_t i = 0; i < line_count; i++) {
        copy_words(line_at[i], base[i], line_words[i]);
    }
    uint64_t count = *in++;
    for (; count > 0; count--) {
        uint64_t head = *in++;
        for (uint32_t k = 0; k < LINE_WORDS; k++) {
            if (head >> k & 1) line_at[head >> 8][k] ^= *in++;
        }
    }
}
