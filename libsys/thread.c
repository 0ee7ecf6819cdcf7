/* thread.c - see thread.h. */
#include "thread.h"

#include "bytes.h"
#include "heap.h"
#include "idl/axiom.h"
#include "memory.h"
#include "panic.h"
#include "slots.h"
#include "window.h"

enum { STACK_PAGES_MAX = 256 };

struct thread_start { /* at the top of the new thread's stack */
    void (*entry)(void *argument);
    void *argument;
};

void thread_entry(void);                                 /* in crt.S */
_Noreturn void thread_begin(struct thread_start *start); /* called by it */

_Noreturn void thread_begin(struct thread_start *start)
{
    start->entry(start->argument);
    PANIC("a thread function returned");
}

/* What the program shares gets its locks when there is somebody to share with. */
static int prepare_sharing(void)
{
    static bool prepared;
    if (prepared) return OK;
    cap_t slot = slot_alloc();
    if (slot == 0) return ERR_SLOT_USED;
    int err = self_notification_create(
        CAP_SLOT_SELF, &(struct self_notification_create_in){.slot = slot, .badge = 1});
    if (err != OK) {
        slot_release(slot);
        return err;
    }
    heap_use_mutex(slot);
    prepared = true;
    return OK;
}

/* Below the thread block stands what the thread begins with, and below that its stack. */
static int start_in(uint64_t window, const struct thread_args *args, uint32_t *out_thread)
{
    uint64_t stack = window + MEMORY_PAGE;
    uint64_t buffer = stack + args->stack_pages * (uint64_t)MEMORY_PAGE;
    struct thread_block *block =
        thread_block_make((void *)stack, buffer - stack, (struct ipc_buffer *)buffer);
    if (block == NULL) return ERR_NO_MEMORY;
    block->startup = startup_page();

    struct thread_start *start = (struct thread_start *)block->lowest - 1;
    *start = (struct thread_start){args->entry, args->argument};
    struct self_thread_create_out out = {0};
    int err = self_thread_create(CAP_SLOT_SELF,
                                 &(struct self_thread_create_in){
                                     .entry = (uintptr_t)thread_entry,
                                     .stack = (uintptr_t)start / 16 * 16,
                                     .argument = (uintptr_t)start,
                                     .fs_base = (uintptr_t)block,
                                     .buffer = buffer,
                                     .priority = args->priority,
                                     .fpu = args->fpu,
                                     .budget_us = args->budget_us,
                                     .period_us = args->period_us,
                                 },
                                 &out);
    if (err == OK) *out_thread = out.thread;
    return err;
}

int thread_create(const struct thread_args *args, uint32_t *out_thread)
{
    uint32_t mapped = args->stack_pages + 1; /* the message page too */
    if (args->stack_pages == 0 || args->stack_pages > STACK_PAGES_MAX) return ERR_RANGE;
    int err = prepare_sharing();
    if (err != OK) return err;
    uint64_t window = window_alloc(mapped + 1);
    if (window == 0) return ERR_NO_MEMORY;

    err = memory_map(window + MEMORY_PAGE, mapped, RIGHT_READ | RIGHT_WRITE);
    if (err == OK) {
        err = start_in(window, args, out_thread);
        if (err == OK) return OK;
        (void)memory_unmap(window + MEMORY_PAGE, mapped);
    }
    window_release(window, mapped + 1);
    return err;
}
