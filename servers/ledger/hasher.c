/* hasher.c - see hasher.h. */
#include "hasher.h"

#include <string.h>

#include "chain.h"
#include "panic.h"
#include "thread.h"

enum { TOLD_EVERY = 256 };

static struct {
    const struct logmem *log;
    cap_t wake, told;
} hasher;

static struct chain chain_resume(const struct log_ledger *ledger)
{
    struct chain chain = {.count = ledger->hashed};
    if (chain.count > 0) memcpy(chain.head, logmem_hash(hasher.log, chain.count - 1), HASH_BYTES);
    return chain;
}

/* The hash stands before the count that says so. */
static void publish(struct log_ledger *ledger, const struct chain *chain)
{
    memcpy(logmem_hash(hasher.log, chain->count - 1), chain->head, HASH_BYTES);
    __atomic_store_n(&ledger->hashed, chain->count, __ATOMIC_RELEASE);
}

static void run(void *argument)
{
    struct log_ledger *page = logmem_ledger(hasher.log);
    struct chain chain = chain_resume(page);
    uint64_t word;
    (void)argument;
    do {
        while (chain.count < hasher.log->commit_head) {
            chain_append(&chain, logmem_commit(hasher.log, chain.count));
            publish(page, &chain);
            if (chain.count % TOLD_EVERY == 0) (void)sys_signal(hasher.told);
        }
        (void)sys_signal(hasher.told);
    } while (sys_wait(hasher.wake, &word) == OK);
    PANIC("the notification is gone");
}

void hasher_start(const struct logmem *log, cap_t wake, cap_t told)
{
    struct thread_args args = {
        .entry = run, .stack_pages = 8, .priority = HASHER_PRIORITY, .fpu = true};
    uint32_t thread;
    hasher.log = log;
    hasher.wake = wake;
    hasher.told = told;
    if (thread_create(&args, &thread) != OK) PANIC("no thread to hash");
}
