/* discard.c - emptying a slot: also without commit credits, and under another thread's call. */
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

cap_t call_slot(const struct thread_block *thread)
{
    return __atomic_load_n(&thread->calling, __ATOMIC_ACQUIRE);
}

bool call_cancel(struct thread_block *thread, cap_t slot)
{
    uint32_t expected = slot;
    if (!__atomic_compare_exchange_n(&thread->calling, &expected, UINT32_MAX, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return false;
    (void)slot_empty(slot); /* its thread waits until this is done, before it uses the slot again */
    __atomic_store_n(&thread->calling, 0, __ATOMIC_RELEASE);
    return true;
}
