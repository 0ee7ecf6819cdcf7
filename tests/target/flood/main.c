/*
 * main.c - flood: makes as many commits as it is given credits for, as fast as it can, and never
 * ends. `calls`: capabilities that nobody asked for, in calls that axiom refuses. `itself`: the
 * same from one thread of its own to another, of which axiom hears nothing. `pages COUNT`: it asks
 * for so many at once, and ends with what came of it.
 */
#include "bytes.h"
#include "idl/axiom.h"
#include "slots.h"
#include "text.h"
#include "thread.h"

enum { EACH = 4, RECEIVER_PAGES = 1, MAPPED = 7, REFUSED = 8 };
#define FAR 0x10000000000ull

static cap_t first, own;

static void load(struct message *m)
{
    m->info = msg_info(SELF_INFO, 0, EACH, 0);
    for (uint32_t i = 0; i < EACH; i++) {
        ipc_buffer()->caps[i] = (struct msg_cap){.slot = first + i, .rights = RIGHTS_ALL};
    }
}

_Noreturn static void calls(void)
{
    for (;;) {
        struct message m = {0};
        load(&m);
        if (sys_call(CAP_SLOT_SELF, 0, &m) != OK) sys_yield();
    }
}

static void receives(void *argument)
{
    cap_t into = slot_alloc_run(EACH);
    (void)argument;
    for (;;) {
        struct message m = {.info = msg_info(0, 0, 0, EACH)};
        for (uint32_t i = 0; i < EACH; i++) {
            (void)slot_empty(into + i);
        }
        if (sys_recv(own, 0, into, &m) != OK) sys_yield();
    }
}

static int itself(void)
{
    uint32_t thread;
    const struct self_endpoint_create_in in = {.slot = own = slot_alloc()};
    const struct thread_args args = {
        .entry = receives, .stack_pages = RECEIVER_PAGES, .priority = 255};
    if (self_endpoint_create(CAP_SLOT_SELF, &in) != OK) return 2;
    if (thread_create(&args, &thread) != OK) return 3;
    for (;;) {
        struct message m = {0};
        load(&m);
        if (sys_send(own, &m) != OK) sys_yield();
    }
}

static int pages(uint64_t count)
{
    const struct self_memory_map_in in = {
        .address = FAR, .pages = (uint32_t)count, .rights = RIGHT_READ | RIGHT_WRITE};
    int err = self_memory_map(CAP_SLOT_SELF, &in);
    return err == SELF_STORAGE ? REFUSED : err == OK ? MAPPED : 1;
}

int main(int argc, char **argv)
{
    uint64_t count;
    if (argc == 3 && text_parse_u64(argv[2], strlen(argv[2]), &count)) return pages(count);
    first = slot_alloc_run(EACH);
    for (uint32_t i = 0; i < EACH; i++) {
        const struct self_endpoint_create_in in = {.slot = first + i};
        if (self_endpoint_create(CAP_SLOT_SELF, &in) != OK) return 1;
    }
    if (argc == 2 && strcmp(argv[1], "itself") == 0) return itself();
    calls();
}
