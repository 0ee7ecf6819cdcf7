/* entry.c - in each program: from the simulator into main(), and what start.c leaves to crt.S. */
#include <stddef.h>

#include "slots.h"
#include "startup.h"
#include "thread.h"

int main(int argc, char **argv);
int sim_entry(const struct startup *startup);
int sim_thread(void (*entry)(void *argument), void *argument); /* the simulator's */

int sim_entry(const struct startup *startup)
{
    static char *arguments[] = {NULL};
    slot_setup(startup->first_free_slot, startup->slot_count);
    return main(0, arguments);
}

/* Only start_program() asks for it, which nobody calls here. */
struct thread_block *thread_block_make(void *area, size_t bytes, struct ipc_buffer *buffer)
{
    (void)area;
    (void)bytes;
    (void)buffer;
    return NULL;
}

int thread_create(const struct thread_args *args, uint32_t *out_thread)
{
    *out_thread = 1;
    return sim_thread(args->entry, args->argument);
}
