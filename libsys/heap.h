/*
 * heap.h - memory of a size known only at run time.
 *
 * Blocks come in size classes: 32, 48, 64, 96, 128 ... bytes, 16 of them a header. Freed blocks
 * go to the list of their class and are never joined, so every operation takes a bounded number
 * of steps, and the memory of a program is at most that of its largest demand in each class.
 * Pages are asked from the source in steps of HEAP_STEP_PAGES and not given back.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HEAP_CLASSES = 48, HEAP_STEP_PAGES = 16 };
#define HEAP_BLOCK_MAX (1ull << 26) /* bytes, with the header */

struct heap_block;

struct heap {
    uint64_t next, mapped, end; /* [next, mapped) is not handed out; up to `end` may be mapped */
    struct heap_block *free[HEAP_CLASSES];
    uint64_t bytes_used;                           /* of blocks handed out, headers included */
    bool (*map)(uint64_t address, uint64_t pages); /* zeroed, writable; false: quota */
};

void heap_init(struct heap *heap, uint64_t base, uint64_t end,
               bool (*map)(uint64_t address, uint64_t pages));
void *heap_take(struct heap *heap, size_t bytes); /* aligned to 16; NULL: no memory */
void heap_give(struct heap *heap, void *memory);  /* NULL is nothing; twice ends the program */
size_t heap_size(const void *memory);             /* bytes that may be used, at least those asked */

/* The program's own, safe with several threads. */
void *heap_alloc(size_t bytes); /* contents are undefined */
void *heap_alloc_zeroed(size_t bytes);
void *heap_resize(void *memory, size_t bytes); /* NULL: no memory, the old block stays */
void heap_free(void *memory);
void heap_use_mutex(uint32_t notification); /* by thread.c, before the second thread */
