/*
 * interrupts.c - Ctrl-C while a command waits for a service that does not come back.
 *
 * The shell's one thread waits in the call. A second one waits for Ctrl-C and empties the slot that
 * the call goes through, which ends the wait; afterwards a spare copy takes the slot's place.
 */
#include "panic.h"
#include "shell.h"
#include "slots.h"
#include "thread.h"

enum { STACK_PAGES = 2, SERVICES = 3 + DISKS };

static struct {
    struct shell *sh;
    struct thread_block *main;
    cap_t notification, interrupt; /* to wait on; what the main thread is signalled with */
    cap_t spares[SERVICES];
} watch;

static cap_t service_slot(const struct shell *sh, uint32_t i)
{
    const cap_t slots[] = {sh->files, sh->audit, sh->power};

    return i < DISKS ? sh->disks[i] : slots[i - DISKS];
}

/* Services and their files. What goes to the console, to init or to axiom is answered soon, and a
 * call to axiom that was cut short would leave something half done. */
static bool may_cut(const struct shell *sh, cap_t slot)
{
    for (uint32_t i = 0; i < SERVICES; i++) {
        if (slot != 0 && service_slot(sh, i) == slot) return true;
    }
    for (uint32_t i = 0; i < FILES_MAX; i++) {
        if (slot != 0 && sh->opened[i] == slot) return true;
    }
    return false;
}

static void ctrl_c_wait(void *argument)
{
    uint64_t word;

    (void)argument;
    while (sys_wait(watch.notification, &word) == OK) {
        cap_t slot = call_slot(watch.main);
        (void)sys_signal(watch.interrupt);
        if (may_cut(watch.sh, slot) && call_cancel(watch.main, slot)) watch.sh->cut = slot;
    }
    PANIC("no signal to wait for");
}

static bool copy(cap_t from, cap_t to)
{
    struct self_mint_in in = {
        .source = {.slot = from, .rights = RIGHTS_ALL}, .slot = to, .rights = RIGHTS_ALL};

    return self_mint(CAP_SLOT_SELF, &in) == OK;
}

bool interrupts_setup(struct shell *sh, cap_t interrupt)
{
    struct thread_args args = {
        .entry = ctrl_c_wait, .stack_pages = STACK_PAGES, .priority = UINT8_MAX};
    struct self_notification_create_in create = {.slot = slot_alloc(), .badge = 1};
    uint32_t thread;

    watch.sh = sh;
    watch.main = thread_self();
    watch.notification = create.slot;
    watch.interrupt = interrupt;
    for (uint32_t i = 0; i < SERVICES; i++) {
        if (service_slot(sh, i) == 0) continue;
        watch.spares[i] = slot_alloc();
        if (!copy(service_slot(sh, i), watch.spares[i])) return false;
    }
    sh->interrupt_source = create.slot;
    return self_notification_create(CAP_SLOT_SELF, &create) == OK &&
           thread_create(&args, &thread) == OK;
}

void interrupts_mend(struct shell *sh)
{
    cap_t cut = sh->cut;

    if (cut == 0) return;
    sh->cut = 0;
    sh->interrupted = true;
    for (uint32_t i = 0; i < SERVICES; i++) {
        if (service_slot(sh, i) == cut) (void)copy(watch.spares[i], cut);
    }
}

void interrupts_renew(struct shell *sh)
{
    for (uint32_t i = 0; i < SERVICES; i++) {
        if (service_slot(sh, i) != sh->files || sh->files == 0) continue;
        slot_discard(watch.spares[i]);
        watch.spares[i] = slot_alloc();
        (void)copy(sh->files, watch.spares[i]);
    }
}
