/* pcitest.c - a driver of the second disk that asks for what it may not have. */
#include "idl/pci.h"
#include "bytes.h"
#include "idl/axiom.h"
#include "panic.h"
#include "say.h"
#include "slots.h"
#include "window.h"

enum { VIRTIO = 0x1af4, BLOCK = 0x1042, INTEL = 0x8086, HOST_BRIDGE = 0x29c0 };
enum { RED_HAT = 0x1b36, NVME = 0x10 }; /* behind a bridge that its registers do not fit */
enum {
    CAPABILITY_VENDOR = 9,
    ERRORS_REPORTED = 1,
    LINES = 24,
    TRIES = 20000,
    STATUS = 20,
    PAGE = 4096
};

static uint32_t cases, wrong;

static void is(int got, int wanted, int line)
{
    cases++;
    if (got == wanted) return;
    wrong++;
    say("pcitest: line %d: %d, not %d\n", line, got, wanted);
}
#define IS(got, wanted) is((int)(got), (int)(wanted), __LINE__)

static struct cap_arg whole(cap_t slot)
{
    return (struct cap_arg){.slot = slot, .rights = RIGHTS_ALL};
}

static int open_function(uint16_t vendor, uint16_t device, uint32_t number, cap_t proof, cap_t *out)
{
    struct pci_open_in in = {
        .vendor = vendor, .device = device, .number = number, .driver = whole(proof)};
    struct pci_open_out answer = {.function.slot = slot_alloc()};
    int err = pci_open(startup_cap("pci"), &in, &answer);
    if (err != OK) slot_release(answer.function.slot);
    if (err == OK) *out = answer.function.slot;
    return err;
}

static int read_config(cap_t f, uint16_t offset, uint8_t bytes, uint32_t *out)
{
    struct function_config_read_out answer = {0};
    int err = function_config_read(
        f, &(struct function_config_read_in){.offset = offset, .bytes = bytes}, &answer);
    *out = answer.value;
    return err;
}

static void configuration(cap_t f)
{
    uint32_t value;
    IS(read_config(f, 0, 2, &value), OK);
    IS(value, VIRTIO);
    IS(read_config(f, 0, 4, &value), OK);
    IS(value, BLOCK << 16 | VIRTIO);
    IS(read_config(f, 1, 2, &value), FUNCTION_BAD_RANGE);
    IS(read_config(f, 0, 3, &value), FUNCTION_BAD_RANGE);
    IS(read_config(f, 254, 4, &value), FUNCTION_BAD_RANGE);
    struct function_info_out info;
    IS(function_info(f, &info), OK);
    IS(info.function.config_bytes, 4096);
    IS(read_config(f, 256, 4, &value), OK); /* PCI Express Base 3.0, 7.9.3 */
    IS(value & 0xffff, ERRORS_REPORTED);
    IS(read_config(f, 256, 2, &value), OK);
    IS(value, ERRORS_REPORTED);
    IS(read_config(f, 4094, 4, &value), FUNCTION_BAD_RANGE);
    IS(read_config(f, 4092, 4, &value), OK);
    IS(read_config(f, 4096, 1, &value), ERR_RANGE);
    struct function_capability_out at = {0};
    IS(function_capability(f, &(struct function_capability_in){.id = CAPABILITY_VENDOR}, &at), OK);
    IS(at.offset != 0, true);
    IS(function_capability(f, &(struct function_capability_in){.id = 0xee}, &at), OK);
    IS(at.offset, 0);
}

static int window_of(cap_t f, uint8_t bar, uint64_t offset, uint32_t pages, cap_t *out)
{
    struct function_window_in in = {.bar = bar, .offset = offset, .pages = pages};
    struct function_window_out answer = {.window.slot = slot_alloc()};
    int err = function_window(f, &in, &answer);
    if (err != OK) slot_release(answer.window.slot);
    if (err == OK) *out = answer.window.slot;
    return err;
}

static void registers(cap_t f)
{
    cap_t window = 0;
    IS(window_of(f, 0, 0, 1, &window), FUNCTION_NO_BAR);
    IS(window_of(f, 1, 0, 1, &window), FUNCTION_BAD_RANGE); /* the table of messages */
    IS(window_of(f, 4, 1, 1, &window), FUNCTION_BAD_RANGE);
    IS(window_of(f, 4, 0, 5, &window), FUNCTION_BAD_RANGE);
    IS(window_of(f, 4, 0x3000, 2, &window), FUNCTION_BAD_RANGE);
    IS(window_of(f, 4, ~0xfffull, 1, &window), FUNCTION_BAD_RANGE);
    IS(window_of(f, 4, 0, 4, &window), OK);
    struct self_window_map_in map = {.window = whole(window), .address = window_alloc(4)};
    struct self_window_map_out mapped = {0};
    IS(self_window_map(CAP_SLOT_SELF, &map, &mapped), OK);
    IS(mapped.pages, 4);
    IS(self_window_map(CAP_SLOT_SELF, &map, &mapped), SELF_BAD_ADDRESS); /* it is taken */
    volatile uint8_t *status = (volatile uint8_t *)map.address + STATUS;
    IS(*status, 0); /* as after a reset */
    *status = 1;
    IS(*status, 1);
    IS(function_master(f, &(struct function_master_in){.on = true}), OK);
    struct function_info_out info;
    IS(function_info(f, &info), OK);
    IS(info.function.mastering, true);
    IS(info.function.pid, startup_page()->pid);
    IS(function_master(f, &(struct function_master_in){.on = false}), OK);
    IS(function_info(f, &info), OK);
    IS(info.function.mastering, false);
    IS(*status, 0); /* reset again */
    slot_discard(window);
}

/* All lines that are left, and each comes back when its handler goes. */
static uint32_t take_lines(cap_t f, cap_t notification, bool expect_end)
{
    cap_t handlers[LINES];
    uint32_t count = 0;
    int err = OK;
    for (; count < LINES; count++) {
        struct function_vector_in in = {.number = 1, .notification = whole(notification)};
        struct function_vector_out out = {.handler.slot = slot_alloc()};
        err = function_vector(f, &in, &out);
        handlers[count] = out.handler.slot;
        if (err != OK) break;
    }
    if (expect_end) IS(err, FUNCTION_NO_ROOM);
    for (uint32_t i = 0; i < count; i++) {
        slot_discard(handlers[i]);
    }
    if (count < LINES) slot_release(handlers[count]);
    return count;
}

/* What a driver says of it is there for the next one, who may be another. */
static bool listed(uint64_t at, bool *out_taken)
{
    struct pci_list_in in = {0};
    struct pci_list_out out;
    do {
        if (pci_list(startup_cap("pci"), &in, &out) != OK) return false;
        for (uint32_t i = 0; i < out.functions.count; i++) {
            const struct pci_function_info *f = &out.functions.at[i];
            if (f->address != at) continue;
            *out_taken = f->pid != 0;
            return f->labelled && f->label.len == 4 && memcmp(f->label.at, "mine", 4) == 0;
        }
        in.after += out.functions.count;
    } while (out.more);
    return false;
}

static void labels(cap_t proof)
{
    struct function_info_out info;
    cap_t f = 0;
    bool taken = false;
    struct function_label_in mine = {.label = text_from("mine", 4)};
    struct function_label_in longer = {.label = text_from("one that is too long.", 21)};
    IS(open_function(VIRTIO, BLOCK, 1, proof, &f), OK);
    IS(function_info(f, &info), OK);
    uint64_t at = info.function.address;
    IS(function_label(f, &longer), ERR_MESSAGE);
    IS(listed(at, &taken), false);
    IS(function_label(f, &mine), OK);
    IS(listed(at, &taken) && taken, true);
    IS(function_leave(f), OK);
    IS(listed(at, &taken) && !taken, true);
    IS(function_label(f, &mine), FUNCTION_GONE);
    IS(function_leave(f), FUNCTION_GONE);
    slot_discard(f);
}

static void interrupts(cap_t f)
{
    cap_t notification = slot_alloc();
    IS(self_notification_create(
           CAP_SLOT_SELF, &(struct self_notification_create_in){.slot = notification, .badge = 1}),
       OK);
    struct function_vector_in in = {.number = 9, .notification = whole(notification)};
    struct function_vector_out out = {.handler.slot = slot_alloc()};
    IS(function_vector(f, &in, &out), FUNCTION_NO_VECTOR);
    in = (struct function_vector_in){.number = 0, .notification = whole(startup_cap("console"))};
    IS(function_vector(f, &in, &out), ERR_CAP_TYPE);
    slot_release(out.handler.slot);
    uint32_t first = take_lines(f, notification, true);
    IS(first >= LINES / 2, true);
    struct function_info_out info;
    IS(function_info(f, &info), OK); /* the server drops its own copy of the last one */
    IS(take_lines(f, notification, true), first);
}

int main(int argc, char **argv)
{
    cap_t proof = slot_alloc(), f = 0, second = 0;
    (void)argc;
    (void)argv;
    IS(self_dma_proof(CAP_SLOT_SELF, &(struct self_dma_proof_in){.slot = proof}), OK);
    IS(open_function(VIRTIO, BLOCK, 7, proof, &f), PCI_NO_FUNCTION);
    IS(open_function(0xffff, 0xffff, 0, proof, &f), PCI_NO_FUNCTION);
    IS(open_function(VIRTIO, BLOCK, 0, proof, &f), PCI_TAKEN);
    IS(open_function(VIRTIO, BLOCK, 1, startup_cap("console"), &f), PCI_NOT_DRIVER);
    IS(open_function(INTEL, HOST_BRIDGE, 0, proof, &f), PCI_NO_RESET);
    IS(open_function(RED_HAT, NVME, 0, proof, &f), PCI_NO_ROOM);
    IS(open_function(RED_HAT, NVME, 0, proof, &f), PCI_NO_ROOM); /* and it is nobody's */
    labels(proof);
    IS(open_function(VIRTIO, BLOCK, 1, proof, &f), OK);
    configuration(f);
    registers(f);
    interrupts(f);
    IS(open_function(VIRTIO, BLOCK, 1, proof, &second), OK); /* anew, by the same driver */
    struct function_info_out info;
    IS(function_info(f, &info), FUNCTION_GONE);
    IS(function_info(second, &info), OK);
    slot_discard(f);
    slot_discard(second);
    int err = PCI_TAKEN;
    for (uint32_t i = 0; i < TRIES && err != OK; i++) {
        err = open_function(VIRTIO, BLOCK, 1, proof, &f);
    }
    IS(err, OK);
    say("pcitest: %u of %u wrong\n", wrong, cases);
    return EXIT_OK;
}
