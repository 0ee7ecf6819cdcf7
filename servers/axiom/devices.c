/*
 * devices.c - Devices, which is the bus server's: memory and interrupts of devices, and for whom
 * they master the bus.
 *
 * An untyped gives what it has in order, but registers lie anywhere. So device memory is cut in
 * halves, down to pieces of 64 KiB around what is asked for, whose pages are then frames.
 */
#include "devices.h"

#include "area.h"
#include "memory.h"
#include "serve.h"

enum {
    PAGE = 4096,
    PIECES_MAX = 512,
    PIECES_BITS = 16, /* of the CNode: 1,023 slots */
    PIECES_SLOTS = 1 << (PIECES_BITS - SLOT_BITS),
};
#define MESSAGE_BASE 0xfee00000ull /* to the CPU of APIC id 0, which boots. SDM vol 3A 11.11.1 */

struct piece {
    uint64_t base;
    uint64_t name;
    uint32_t frames; /* slot of its first frame, 0: not cut */
    uint32_t bits;
};

static struct {
    struct piece list[PIECES_MAX];
    uint32_t count;
    cap_t cnode;
    uint32_t next; /* its first slot never used */
    uint64_t base, end;
} all;

void devices_setup(const struct boot_info *boot)
{
    for (uint32_t i = 0; i < boot->untyped_count; i++) {
        const struct boot_untyped *u = &boot->untypeds[i];
        if (u->kind != UNTYPED_DEVICE) continue;
        if (all.count == 0) all.base = u->base;
        all.end = u->base + (1ull << u->bits);
        all.list[all.count++] =
            (struct piece){.base = u->base, .name = GS_UNTYPED + i, .bits = u->bits};
    }
    all.next = 1;
}

static struct piece *piece_at(uint64_t address)
{
    for (uint32_t i = 0; i < all.count; i++) {
        if (address - all.list[i].base < 1ull << all.list[i].bits) return &all.list[i];
    }
    return NULL;
}

/* Objects made of the piece, in new slots; 0: there are no more. */
static uint32_t piece_cut(const struct piece *p, uint32_t type, uint32_t bits, uint32_t count)
{
    if (all.cnode == 0) {
        cap_t slot = own_alloc(1);
        if (slot == 0 || own_retype(CAP_CNODE, PIECES_BITS, 1, slot) != OK) {
            own_free(slot);
            return 0;
        }
        all.cnode = slot;
    }
    if (all.next + count > PIECES_SLOTS) return 0;
    if (kern_retype(p->name, type, bits, count, name_in(all.cnode, all.next)) != OK) return 0;
    all.next += count;
    return all.next - count;
}

static bool halve(struct piece *p)
{
    if (all.count == PIECES_MAX) return false;
    uint32_t slot = piece_cut(p, CAP_UNTYPED, p->bits - 1, 2);
    if (slot == 0) return false;
    p->bits--;
    p->name = name_in(all.cnode, slot);
    all.list[all.count++] = (struct piece){
        .base = p->base + (1ull << p->bits), .name = name_in(all.cnode, slot + 1), .bits = p->bits};
    return true;
}

/* The name of that page's frame; 0: there is no room for it. */
static uint64_t frame_at(uint64_t address)
{
    struct piece *p = piece_at(address);
    while (p->bits > CHUNK_BITS) {
        if (!halve(p)) return 0;
        p = piece_at(address);
    }
    if (p->frames == 0) p->frames = piece_cut(p, CAP_FRAME, PAGE_BITS, 1u << (p->bits - PAGE_BITS));
    if (p->frames == 0) return 0;
    return name_in(all.cnode, p->frames + (uint32_t)((address - p->base) / PAGE));
}

enum err window_map(struct process *p, uint64_t address, const struct window *w)
{
    if (!space_is_free(p, address, w->pages)) return ERR_MAPPED;
    for (uint32_t i = 0; i < w->pages; i++) {
        uint64_t at = (uint64_t)i * PAGE, frame = frame_at(w->base + at);
        enum err err = ERR_NO_MEMORY;
        if (frame != 0)
            err = space_borrow(p, address + at, frame, RIGHT_READ | RIGHT_WRITE | MAP_UNCACHED,
                               PAGE_BITS);
        if (err == OK) continue;
        if (i > 0) (void)space_unmap(p, address, i);
        return err;
    }
    return OK;
}

static int result_of(enum err err)
{
    return err == ERR_SLOT_USED || err == ERR_REVOKED ? DEVICES_SLOT_USED : (int)err;
}

static int on_space(struct request *rq, struct devices_space_out *out)
{
    (void)rq;
    *out = (struct devices_space_out){.base = all.base, .bytes = all.end - all.base};
    return OK;
}

static int on_window(struct request *rq, const struct devices_window_in *in)
{
    uint64_t bytes = (uint64_t)in->pages * PAGE;
    if (in->base % PAGE != 0 || in->base < all.base || in->base >= all.end)
        return DEVICES_BAD_RANGE;
    if (bytes > all.end - in->base) return DEVICES_BAD_RANGE;
    uint64_t badge = badge_of(KIND_WINDOW, in->pages, (uint32_t)(in->base / PAGE));
    return result_of(kern_mint(process_slot(serve_asker(rq), in->slot), serve.endpoint,
                               RIGHT_WRITE | RIGHT_GRANT, badge, 0));
}

static int on_interrupt(struct request *rq, const struct devices_interrupt_in *in,
                        struct devices_interrupt_out *out)
{
    uint64_t slot = process_slot(serve_asker(rq), in->slot);
    enum err err = ERR_BUSY;
    if (in->notification.slot == 0) return ERR_CAP_TYPE;
    uint32_t line = IRQ_PINS - 1;
    while (err == ERR_BUSY && ++line < IRQ_LINES) {
        struct message m = {.w = {line, slot}};
        err = kern_invoke(GS_IRQ_CONTROL, OP_IRQ_GET, 2, &m);
    }
    if (err == ERR_BUSY) return DEVICES_NO_LINE;
    if (err != OK) return result_of(err);
    struct message m = {.w = {in->notification.slot}};
    err = kern_invoke(slot, OP_IRQ_BIND, 1, &m);
    if (err != OK) (void)kern_delete(slot);
    *out = (struct devices_interrupt_out){.address = MESSAGE_BASE, .data = IRQ_VECTOR + line};
    return (int)err;
}

/* The process that a proof names, living or not; 0: it is no proof. */
static uint32_t driver_of(const struct cap_arg *proof)
{
    return proof->slot == 0 && badge_kind(proof->badge) == KIND_DMA ? badge_pid(proof->badge) : 0;
}

static int on_mastering(struct request *rq, const struct devices_mastering_in *in)
{
    struct process *p = process_find(driver_of(&in->driver));
    (void)rq;
    if (p == NULL || (!in->on && p->mastering == 0)) return DEVICES_NO_PROCESS;
    if (in->on && (p->ended || !p->dma || p->mastering == UINT8_MAX)) return DEVICES_NO_PROCESS;
    p->mastering = (uint8_t)(in->on ? p->mastering + 1 : p->mastering - 1);
    if (p->mastering == 0) areas_let_go(p);
    /* Memory that went may have had the rings drained, and they the last Process to it. */
    p = process_find(driver_of(&in->driver));
    if (p != NULL) process_forget(p);
    return OK;
}

static int on_quiet(struct request *rq)
{
    (void)rq;
    areas_let_go(NULL);
    for (uint32_t i = 0; i < PROCESSES_MAX; i++) {
        struct process *p = process_entry(i);
        if (p == NULL) continue;
        p->mastering = 0;
        process_forget(p);
    }
    return OK;
}

static int on_driver(struct request *rq, const struct devices_driver_in *in,
                     struct devices_driver_out *out)
{
    (void)rq;
    out->pid = driver_of(&in->driver);
    return process_living(out->pid) != NULL ? OK : DEVICES_NO_PROCESS;
}

const struct devices_ops devices_ops = {
    .space = on_space,
    .window = on_window,
    .interrupt = on_interrupt,
    .mastering = on_mastering,
    .quiet = on_quiet,
    .driver = on_driver,
};
