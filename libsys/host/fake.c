/* fake.c - see host/trap.h. */
#include <stddef.h>
#include <trap.h>

enum err (*fake_trap)(uint64_t number, struct message *m);

static struct ipc_buffer fake_buffer;
static struct thread_block fake_block = {.self = &fake_block, .buffer = &fake_buffer};
static uint64_t fake_ticks;

enum err trap(uint64_t number, struct message *m)
{
    return fake_trap == NULL ? ERR_SYSCALL : fake_trap(number, m);
}

struct thread_block *thread_self(void)
{
    return &fake_block;
}

uint64_t ticks_now(void)
{
    return ++fake_ticks;
}
