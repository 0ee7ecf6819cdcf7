/* discard.c - emptying a slot, also where the own commit credits are used up. */
#include "idl/axiom.h"
#include "slots.h"

int slot_empty(cap_t slot)
{
    int err = (int)sys_drop(slot);
    if (err == ERR_LOG_QUOTA || err == ERR_LOG_FULL)
        err = self_drop(CAP_SLOT_SELF, &(struct self_drop_in){.slot = slot});
    return err == ERR_CAP_EMPTY ? OK : err; /* it is what is wanted */
}

void slot_discard(cap_t slot)
{
    if (slot == 0) return;
    /* One that something is still in is not given out again. */
    if (slot_empty(slot) == OK) slot_release(slot);
}
