/*
 * storm_fuzz.c - libFuzzer chooses the steps (steps.h) by what they reach in the kernel's core. Its
 * mutations are those of a list: steps come, go, change places, and change in one choice.
 */
#include <stdlib.h>
#include <string.h>

#include "storm.h"

enum { LIST_MAX = 256, RANGE_MAX = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *two,
                                 size_t two_size, uint8_t *out, size_t out_max, unsigned seed);

static struct steps list;

static void list_read(struct steps *to, const uint8_t *data, size_t size, size_t max)
{
    to->count = size / sizeof(struct step) < max ? size / sizeof(struct step) : max;
    if (to->count > 0) memcpy(to->at, data, to->count * sizeof(struct step));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    list_read(&list, data, size, LIST_MAX);
    if (list.count == 0) return -1;
    const char *what = storm_run(&list, NULL, NULL);
    if (what == NULL) return 0;
    fprintf(stderr, "storm: FAILED: %s\n", what);
    abort();
}

static size_t below(struct source *s, size_t n)
{
    return (size_t)(source_next(s) % n);
}

/* Makes room for `n` steps at `at`; false: the list would be too long. */
static bool open_gap(struct steps *l, size_t at, size_t n, size_t max)
{
    if (l->count + n > max) return false;
    memmove(&l->at[at + n], &l->at[at], (l->count - at) * sizeof(struct step));
    l->count += n;
    return true;
}

static void insert_random(struct steps *l, struct source *s, size_t max)
{
    size_t at = 1 + below(s, l->count), n = 1 + below(s, 4);
    if (!open_gap(l, at, n, max)) return;
    for (size_t i = 0; i < n; i++) {
        l->at[at + i] = step_random(s);
    }
}

static void repeat_range(struct steps *l, struct source *s, size_t max)
{
    size_t from = 1 + below(s, l->count - 1), n = 1 + below(s, RANGE_MAX);
    size_t at = 1 + below(s, l->count);
    struct step copy[RANGE_MAX];
    if (n > l->count - from) n = l->count - from;
    memcpy(copy, &l->at[from], n * sizeof(struct step));
    if (open_gap(l, at, n, max)) memcpy(&l->at[at], copy, n * sizeof(struct step));
}

static void delete_range(struct steps *l, struct source *s)
{
    size_t from = 1 + below(s, l->count - 1), n = 1 + below(s, RANGE_MAX);
    if (n > l->count - from) n = l->count - from;
    memmove(&l->at[from], &l->at[from + n], (l->count - from - n) * sizeof(struct step));
    l->count -= n;
}

static void swap_two(struct steps *l, struct source *s)
{
    struct step *a = &l->at[1 + below(s, l->count - 1)], *b = &l->at[1 + below(s, l->count - 1)];
    struct step was = *a;
    *a = *b;
    *b = was;
}

/* What kind of step, how long before it, or one choice: then those after it mean the same. */
static void change_choice(struct steps *l, struct source *s)
{
    uint8_t *b = (uint8_t *)&l->at[below(s, 16) == 0 ? 0 : below(s, l->count)];
    size_t where = below(s, 2) == 0 ? below(s, 12) : below(s, sizeof(struct step));
    b[where] = below(s, 4) == 0 ? (uint8_t)(b[where] + 1) : (uint8_t)source_next(s);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    static struct steps l;
    struct source s = source_of(seed, size);
    size_t max =
        max_size / sizeof(struct step) < LIST_MAX ? max_size / sizeof(struct step) : LIST_MAX;
    list_read(&l, data, size, max);
    if (max < 2) return 0;
    while (l.count < 2) {
        l.at[l.count++] = step_random(&s);
    }
    for (size_t n = 1 + below(&s, 4); n > 0; n--) {
        size_t kind = below(&s, 8);
        if (kind < 2) insert_random(&l, &s, max);
        if (kind == 2) repeat_range(&l, &s, max);
        if (kind == 3 && l.count > 2) delete_range(&l, &s);
        if (kind == 4) swap_two(&l, &s);
        if (kind > 4) change_choice(&l, &s);
        if (l.count < 2) l.at[l.count++] = step_random(&s);
    }
    memcpy(data, l.at, l.count * sizeof(struct step));
    return l.count * sizeof(struct step);
}

/* The world and the first part of one, the last part of the other. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *two,
                                 size_t two_size, uint8_t *out, size_t out_max, unsigned seed)
{
    const size_t step = sizeof(struct step);
    struct source s = source_of(seed, one_size);
    if (one_size < step || two_size < step) return 0;
    size_t head = (1 + below(&s, one_size / step)) * step, from = below(&s, two_size / step) * step;
    if (head > out_max) return 0;
    size_t tail = two_size / step * step - from;
    if (tail > out_max - head) tail = (out_max - head) / step * step;
    memcpy(out, one, head);
    memcpy(out + head, two + from, tail);
    return head + tail;
}
