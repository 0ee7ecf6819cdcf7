/* memory.c - see memory.h; and the program's own heap. */
#include "memory.h"

#include "bytes.h"
#include "heap.h"
#include "idl/axiom.h"
#include "mutex.h"

enum { MAP_STEP_PAGES = 512 };

static struct heap own_heap;
static struct mutex heap_mutex;

int memory_map(uint64_t address, uint64_t pages, uint32_t rights)
{
    for (uint64_t done = 0; done < pages;) {
        uint32_t step = pages - done < MAP_STEP_PAGES ? (uint32_t)(pages - done) : MAP_STEP_PAGES;
        int err = self_memory_map(
            CAP_SLOT_SELF, &(struct self_memory_map_in){.address = address + done * MEMORY_PAGE,
                                                        .pages = step,
                                                        .rights = (uint8_t)rights});
        if (err != OK) {
            if (done > 0) (void)memory_unmap(address, done); /* all or nothing */
            return err;
        }
        done += step;
    }
    return OK;
}

int memory_unmap(uint64_t address, uint64_t pages)
{
    for (uint64_t done = 0; done < pages;) {
        uint32_t step = pages - done < MAP_STEP_PAGES ? (uint32_t)(pages - done) : MAP_STEP_PAGES;
        int err = self_memory_unmap(
            CAP_SLOT_SELF,
            &(struct self_memory_unmap_in){.address = address + done * MEMORY_PAGE, .pages = step});
        if (err != OK) return err;
        done += step;
    }
    return OK;
}

static bool heap_map(uint64_t address, uint64_t pages)
{
    return memory_map(address, pages, RIGHT_READ | RIGHT_WRITE) == OK;
}

static void heap_enter(void)
{
    mutex_lock(&heap_mutex);
    if (own_heap.map == NULL) {
        heap_init(&own_heap, startup_page()->heap_base, STARTUP_HEAP_END, heap_map);
    }
}

void *heap_alloc(size_t bytes)
{
    heap_enter();
    void *memory = heap_take(&own_heap, bytes);
    mutex_unlock(&heap_mutex);
    return memory;
}

void *heap_alloc_zeroed(size_t bytes)
{
    void *memory = heap_alloc(bytes);
    if (memory != NULL) memset(memory, 0, bytes);
    return memory;
}

void heap_free(void *memory)
{
    heap_enter();
    heap_give(&own_heap, memory);
    mutex_unlock(&heap_mutex);
}

void *heap_resize(void *memory, size_t bytes)
{
    if (memory == NULL) return heap_alloc(bytes);
    size_t old = heap_size(memory);
    if (bytes <= old) return memory;
    void *bigger = heap_alloc(bytes);
    if (bigger == NULL) return NULL;
    memcpy(bigger, memory, old);
    heap_free(memory);
    return bigger;
}

void heap_use_mutex(uint32_t notification)
{
    heap_mutex.notification = notification;
}
