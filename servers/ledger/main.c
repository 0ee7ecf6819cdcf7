/*
 * main.c - the ledger: hashes each commit into the chain, behind axiom and at lower priority.
 *
 * It holds its notification and its mapping of the log memory, and no authority. What it has hashed
 * stands in the log memory, so a new ledger goes on where the last one stopped.
 */
#include <string.h>

#include "chain.h"
#include "idl/registry.h"
#include "libc/fpu_note.h"
#include "panic.h"

static const struct logmem *const log = (const struct logmem *)LOGMEM_ADDRESS;

static struct chain chain_resume(const struct log_ledger *ledger)
{
    struct chain chain = {.count = ledger->hashed};
    if (chain.count > 0) memcpy(chain.head, logmem_hash(log, chain.count - 1), HASH_BYTES);
    return chain;
}

/* The hash stands before the count that says so. */
static void publish(struct log_ledger *ledger, const struct chain *chain)
{
    memcpy(logmem_hash(log, chain->count - 1), chain->head, HASH_BYTES);
    __atomic_store_n(&ledger->hashed, chain->count, __ATOMIC_RELEASE);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    if (log->magic != LOGMEM_MAGIC) PANIC("no log memory");
    cap_t wake = startup_cap("wake");
    struct log_ledger *ledger = logmem_ledger(log);
    struct chain chain = chain_resume(ledger);
    (void)registry_ready(CAP_SLOT_REGISTRY);
    for (;;) {
        uint64_t word;
        while (chain.count < log->commit_head) {
            chain_append(&chain, &logmem_commits(log)[chain.count]);
            publish(ledger, &chain);
        }
        if (sys_wait(wake, &word) != OK) return EXIT_ERROR;
    }
}
