/* heap.c - see heap.h. The functions on a given heap; those of the program are in memory.c. */
#include "heap.h"

#include "panic.h"

struct heap_block {
    uint32_t state; /* HEAP_USED or HEAP_FREE: finds a block freed twice, or overrun from below */
    uint32_t class;
    struct heap_block *next; /* in the list of free ones */
};
_Static_assert(sizeof(struct heap_block) == 16, "keeps the alignment of what follows");

enum { HEAP_USED = 0x75734857, HEAP_FREE = 0x72664857, HEAP_PAGE = 4096 };

/* Class 2k is 16 << k bytes, class 2k + 1 is one and a half times that; the header included. */
static uint64_t class_bytes(uint32_t class)
{
    uint64_t bytes = 32ull << class / 2;
    return class % 2 == 0 ? bytes : bytes + bytes / 2;
}

static uint32_t class_of(uint64_t bytes)
{
    uint32_t class = 0;
    if (bytes > 32) class = 2 * (58 - (uint32_t)__builtin_clzll(bytes - 1));
    while (class_bytes(class) < bytes) {
        class ++;
    }
    return class;
}

void heap_init(struct heap *heap, uint64_t base, uint64_t end,
               bool (*map)(uint64_t address, uint64_t pages))
{
    *heap = (struct heap){.next = base, .mapped = base, .end = end, .map = map};
}

/* Makes [next, next + bytes) usable. */
static bool heap_grow(struct heap *heap, uint64_t bytes)
{
    if (bytes > heap->end - heap->next) return false;
    if (heap->next + bytes <= heap->mapped) return true;
    uint64_t missing = heap->next + bytes - heap->mapped;
    uint64_t pages = (missing + HEAP_PAGE - 1) / HEAP_PAGE;
    uint64_t room = (heap->end - heap->mapped) / HEAP_PAGE;
    uint64_t wanted = pages < HEAP_STEP_PAGES && room >= HEAP_STEP_PAGES ? HEAP_STEP_PAGES : pages;
    if (pages > room) return false;
    if (!heap->map(heap->mapped, wanted)) {
        wanted = pages; /* the quota may still have what is needed */
        if (!heap->map(heap->mapped, wanted)) return false;
    }
    heap->mapped += wanted * HEAP_PAGE;
    return true;
}

static struct heap_block *block_of(const void *memory)
{
    return (struct heap_block *)((uintptr_t)memory - sizeof(struct heap_block));
}

void *heap_take(struct heap *heap, size_t bytes)
{
    if (bytes > HEAP_BLOCK_MAX - sizeof(struct heap_block)) return NULL;
    uint32_t class = class_of(bytes + sizeof(struct heap_block));
    struct heap_block *block = heap->free[class];
    if (block != NULL) {
        CHECK(block->state == HEAP_FREE && block->class == class);
        heap->free[class] = block->next;
    } else {
        if (!heap_grow(heap, class_bytes(class))) return NULL;
        block = (struct heap_block *)heap->next;
        heap->next += class_bytes(class);
        block->class = class;
    }
    block->state = HEAP_USED;
    block->next = NULL;
    heap->bytes_used += class_bytes(class);
    return block + 1;
}

void heap_give(struct heap *heap, void *memory)
{
    if (memory == NULL) return;
    struct heap_block *block = block_of(memory);
    CHECK(block->state == HEAP_USED && block->class < HEAP_CLASSES);
    block->state = HEAP_FREE;
    block->next = heap->free[block->class];
    heap->free[block->class] = block;
    heap->bytes_used -= class_bytes(block->class);
}

size_t heap_size(const void *memory)
{
    return class_bytes(block_of(memory)->class) - sizeof(struct heap_block);
}
