/* driver.c - Pci and Function: what drivers ask. See server.h. */
#include "badge.h"
#include "bytes.h"
#include "memory.h"
#include "print.h"
#include "server.h"
#include "slots.h"
#include "startup.h"

enum { LIST_MAX = 4, MSIX_CONTROL = 2, MSIX_ON = 0x8000, MSIX_ENTRY = 16 };
enum { CONFIG_BYTES = 256, CONFIG_ALL_BYTES = 4096 };

struct message_entry { /* of an MSI-X table. PCI Local Bus Specification 3.0, 6.8.2.6 */
    uint32_t address, address_high, data, masked;
};

static uint16_t config_bytes(const struct opened *o)
{
    return o->config != 0 ? CONFIG_ALL_BYTES : CONFIG_BYTES;
}

static void describe(const struct function *f, struct pci_function_info *out)
{
    const struct opened *o = opened_of(f);
    const struct label *l = label_of(f);
    *out = (struct pci_function_info){
        .address = f->address,
        .vendor = f->vendor,
        .device = f->device,
        .subsystem_vendor = f->subsystem_vendor,
        .subsystem = f->subsystem,
        .class_code = f->class_code,
        .revision = f->revision,
        .vectors = f->vectors,
        .reset = (enum pci_function_info_reset)f->reset,
        .bridge_to = f->secondary,
        .pid = o->badge != 0 ? o->pid : 0,
        .mastering = o->mastering,
        .config_bytes = config_bytes(o),
        .labelled = l->known,
        .label = text_from(l->text, l->len),
    };
    for (uint8_t i = 0; i < BARS_MAX; i++) {
        const struct bar *bar = &f->bars[i];
        if (bar->kind == BAR_NONE) continue;
        out->bars.at[out->bars.count++] = (struct pci_function_info_bar){
            .index = i,
            .kind = (enum pci_function_info_bar_kind)(bar->kind - BAR_PORTS),
            .base = bar->base,
            .bytes = bar->bytes,
        };
    }
}

static int on_list(struct request *rq, const struct pci_list_in *in, struct pci_list_out *out)
{
    uint32_t at = in->after;
    (void)rq;
    for (; at < server.bus.count && out->functions.count < LIST_MAX; at++) {
        describe(&server.bus.list[at], &out->functions.at[out->functions.count++]);
    }
    out->more = at < server.bus.count;
    return OK;
}

static struct cap_arg whole(cap_t slot)
{
    return (struct cap_arg){.slot = slot, .rights = RIGHTS_ALL};
}

static bool mastering_set(struct opened *o, bool on)
{
    struct devices_mastering_in in = {.driver = whole(o->proof), .on = on};
    if (devices_mastering(server.devices, &in) != OK) return false;
    o->mastering = on;
    return true;
}

/* Nothing of its driver's is left in it. What it could not be made to forget stays with it: nobody
 * gets it again, nor the memory that it knows. */
void function_close(struct function *f)
{
    struct opened *o = opened_of(f);
    if (o->badge == 0) return;
    if (o->table != 0) window_leave(o->table, o->table_pages);
    if (o->config != 0) window_leave(o->config, 1);
    if (function_reset(f)) {
        if (o->mastering) (void)mastering_set(o, false);
    } else {
        print_debug("pci: %x cannot be reset, and stays closed\n", f->address);
        f->reset = RESET_NONE;
    }
    slot_discard(o->proof);
    *o = (struct opened){.generation = o->generation};
}

static struct function *find(uint16_t vendor, uint16_t device, uint32_t number)
{
    for (uint32_t i = 0; i < server.bus.count; i++) {
        struct function *f = &server.bus.list[i];
        if (f->vendor == vendor && f->device == device && number-- == 0) return f;
    }
    return NULL;
}

/* Its driver has ended without our having heard of it yet, or asks again. */
static bool may_take(const struct opened *o, uint32_t pid)
{
    struct devices_driver_in in = {.driver = whole(o->proof)};
    struct devices_driver_out out;
    return o->badge == 0 || o->pid == pid || devices_driver(server.devices, &in, &out) != OK;
}

static int on_open(struct request *rq, const struct pci_open_in *in, struct pci_open_out *out)
{
    struct function *f = find(in->vendor, in->device, in->number);
    struct devices_driver_in proof = {.driver = whole(in->driver.slot)};
    struct devices_driver_out driver;
    if (f == NULL) return PCI_NO_FUNCTION;
    if (devices_driver(server.devices, &proof, &driver) != OK) return PCI_NOT_DRIVER;
    struct opened *o = opened_of(f);
    if (!may_take(o, driver.pid)) return PCI_TAKEN;
    function_close(f);
    if (f->reset == RESET_NONE) return PCI_NO_RESET;
    if (!room_place(&server.room, &server.bus, f)) return PCI_NO_ROOM;
    if (!function_reset(f)) return PCI_NO_RESET;
    o->pid = driver.pid;
    o->proof = request_keep(rq, in->driver.slot);
    o->generation++;
    o->config = config_look(f);
    o->badge = badge_make(KIND_FUNCTION, startup_page()->pid, o->generation,
                          (uint32_t)(f - server.bus.list));
    out->function = (struct cap_arg){
        .slot = server.service.endpoint, .rights = RIGHT_WRITE | RIGHT_GRANT, .badge = o->badge};
    return OK;
}

/* Function. */

static struct function *asked(const struct request *rq)
{
    uint32_t index = badge_index(rq->badge);
    bool ours = badge_kind(rq->badge) == KIND_FUNCTION && index < server.bus.count;
    return ours && server.open[index].badge == rq->badge ? &server.bus.list[index] : NULL;
}

static int on_info(struct request *rq, struct function_info_out *out)
{
    describe(asked(rq), &out->function);
    return OK;
}

static int on_config_read(struct request *rq, const struct function_config_read_in *in,
                          struct function_config_read_out *out)
{
    bool good = in->bytes != 3 && in->offset % in->bytes == 0;
    const struct function *f = asked(rq);
    const struct opened *o = opened_of(f);
    if (!good || in->offset + in->bytes > config_bytes(o)) return FUNCTION_BAD_RANGE;
    out->value = o->config != 0 ? config_look_at(o->config, in->offset, in->bytes)
                                : config_read(&server.bus, f->address, in->offset, in->bytes);
    return OK;
}

static int on_capability(struct request *rq, const struct function_capability_in *in,
                         struct function_capability_out *out)
{
    out->offset = capability_next(&server.bus, asked(rq)->address, in->id, in->after);
    return OK;
}

/* First page and number of pages of the MSI-X table, in its registers. */
static struct range table_pages(const struct function *f)
{
    uint64_t first = f->table & ~(uint64_t)(ROOM_PAGE - 1);
    uint64_t end = f->table + (uint64_t)f->vectors * MSIX_ENTRY;
    return (struct range){first, (end - first + ROOM_PAGE - 1) & ~(uint64_t)(ROOM_PAGE - 1)};
}

static int answer_with(struct cap_arg *out, cap_t slot, uint8_t rights)
{
    server.answer = slot;
    *out = (struct cap_arg){.slot = slot, .rights = rights};
    return OK;
}

static int on_window(struct request *rq, const struct function_window_in *in,
                     struct function_window_out *out)
{
    const struct function *f = asked(rq);
    const struct bar *bar = &f->bars[in->bar];
    uint64_t bytes = (uint64_t)in->pages * ROOM_PAGE;
    uint64_t whole_bytes = (bar->bytes + ROOM_PAGE - 1) & ~(uint64_t)(ROOM_PAGE - 1);
    cap_t slot;
    if (bar->kind < BAR_MEMORY32) return FUNCTION_NO_BAR;
    if (in->offset % ROOM_PAGE != 0 || in->offset > whole_bytes) return FUNCTION_BAD_RANGE;
    if (bytes > whole_bytes - in->offset) return FUNCTION_BAD_RANGE;
    struct range table = table_pages(f);
    bool meets = in->offset < table.base + table.bytes && table.base < in->offset + bytes;
    if (f->msix != 0 && f->table_bar == in->bar && meets) return FUNCTION_BAD_RANGE;
    if (window_make(bar->base + in->offset, in->pages, &slot) != OK) return FUNCTION_NO_ROOM;
    return answer_with(&out->window, slot, RIGHT_WRITE | RIGHT_GRANT);
}

/* The table is mapped when its first message is set up. */
static volatile struct message_entry *entry_of(const struct function *f, uint16_t number)
{
    struct opened *o = opened_of(f);
    struct range table = table_pages(f);
    if (o->table == 0) {
        uint32_t pages = (uint32_t)(table.bytes / ROOM_PAGE);
        uint64_t address;
        if (window_look(f->bars[f->table_bar].base + table.base, pages, &address) != OK)
            return NULL;
        o->table = address;
        o->table_pages = pages;
    }
    return (volatile struct message_entry *)(o->table + (f->table - table.base)) + number;
}

static int on_vector(struct request *rq, const struct function_vector_in *in,
                     struct function_vector_out *out)
{
    const struct function *f = asked(rq);
    struct devices_interrupt_in make = {.notification = whole(in->notification.slot)};
    struct devices_interrupt_out made;
    if (in->notification.type != CAP_NOTIFICATION) return ERR_CAP_TYPE;
    if (f->msix == 0 || in->number >= f->vectors) return FUNCTION_NO_VECTOR;
    volatile struct message_entry *entry = entry_of(f, in->number);
    make.slot = slot_alloc();
    if (entry == NULL || make.slot == 0) return FUNCTION_NO_ROOM;
    if (devices_interrupt(server.devices, &make, &made) != OK) {
        slot_release(make.slot);
        return FUNCTION_NO_ROOM;
    }
    entry->masked = 1;
    entry->address = (uint32_t)made.address;
    entry->address_high = (uint32_t)(made.address >> 32);
    entry->data = made.data;
    entry->masked = 0;
    config_write(&server.bus, f->address, f->msix + MSIX_CONTROL, 2, MSIX_ON);
    return answer_with(&out->handler, make.slot, RIGHT_WRITE);
}

static int on_master(struct request *rq, const struct function_master_in *in)
{
    struct function *f = asked(rq);
    struct opened *o = opened_of(f);
    uint32_t command = config_read(&server.bus, f->address, CONFIG_COMMAND, 2);
    if (in->on && !o->mastering && !mastering_set(o, true)) return FUNCTION_GONE;
    if (in->on) config_write(&server.bus, f->address, CONFIG_COMMAND, 2, command | COMMAND_MASTER);
    if (in->on) return OK;
    if (!function_reset(f)) return FUNCTION_GONE;
    if (o->mastering) (void)mastering_set(o, false);
    return OK;
}

static int on_label(struct request *rq, const struct function_label_in *in)
{
    struct label *l = label_of(asked(rq));
    l->known = true;
    l->len = (uint8_t)in->label.len;
    memcpy(l->text, in->label.at, in->label.len);
    return OK;
}

static int on_leave(struct request *rq)
{
    function_close(asked(rq));
    return OK;
}

int function_serve(struct service *svc, struct request *rq)
{
    static const struct function_ops ops = {
        .info = on_info,
        .config_read = on_config_read,
        .capability = on_capability,
        .window = on_window,
        .vector = on_vector,
        .master = on_master,
        .label = on_label,
        .leave = on_leave,
    };
    (void)svc;
    if (asked(rq) != NULL) return function_dispatch(&ops, rq);
    return request_refuse(rq, FUNCTION_GONE);
}

int pci_serve(struct service *svc, struct request *rq)
{
    static const struct pci_ops ops = {.list = on_list, .open = on_open};
    (void)svc;
    return pci_dispatch(&ops, rq);
}
