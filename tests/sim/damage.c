/* damage.c - what may be refused because a bit has flipped: what stands there once. */
#include "../../servers/ledger/ledger.h"
#include "client.h"
#include "sim.h"

bool sim_damaged(uint32_t disk)
{
    return sim.flip.done && !sim.flip.copy && sim.flip.disk == disk;
}

void sim_client_damaged(uint32_t disk)
{
    if (!sim_damaged(disk)) sim_client_fails("refused as damaged, and no bit has flipped", 0);
    sim.count.refusals++;
}

/* Whether the ledger has a log to write in, and if not, whether it may say what it says. A damaged
 * one is read only and its state an older one; one whose disk fails again and again is given up. In
 * both cases the seed ends. */
void damage_look(void)
{
    const struct log_ledger *page = logmem_ledger((const struct logmem *)LOGMEM_ADDRESS);
    uint32_t reason = page->reason;
    if (!sim.disk || reason == KEEP_OK) return;
    sim.given_up = true;
    if (reason == KEEP_STORE + STORE_DAMAGED && sim_damaged(OF_LOG))
        sim.count.refusals++;
    else if (reason != KEEP_FAILS || sim.count.faults == 0)
        sim_fail("the ledger says of its disk, for no reason: %u", reason);
}
