/* devices.c - commands about devices: what is on the bus, and the disk. */
#include "bytes.h"
#include "commands.h"
#include "idl/block.h"
#include "idl/pci.h"
#include "text.h"

struct kind {
    uint32_t class; /* and subclass */
    const char *name;
};

/* PCI Code and ID Assignment Specification 1.11, what PCs have. */
static const struct kind kinds[] = {
    {0x0100, "SCSI"},       {0x0101, "IDE"},        {0x0106, "SATA"},  {0x0108, "NVMe"},
    {0x0200, "Ethernet"},   {0x0300, "display"},    {0x0403, "audio"}, {0x0600, "host bridge"},
    {0x0601, "ISA bridge"}, {0x0604, "PCI bridge"}, {0x0c03, "USB"},   {0x0c05, "SMBus"},
};

static const char *kind_of(uint32_t class_code)
{
    for (uint32_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].class == class_code >> 8) return kinds[i].name;
    }
    return "";
}

static void bar_show(struct shell *sh, const struct pci_function_info_bar *b)
{
    bool ports = b->kind == PCI_FUNCTION_INFO_BAR_KIND_PORTS;
    shell_print(sh, "          %u  %s %012lx  %lu bytes%s\n", b->index, ports ? "ports" : "memory",
                b->base, b->bytes, b->base == 0 ? ", no place yet" : "");
}

static void function_show(struct shell *sh, const struct pci_function_info *f, bool bars)
{
    static const char *const resets[] = {"-", "flr", "virtio", "power"};
    shell_print(sh, "%02x:%02x.%x  %04x:%04x  %06x  %7u  %-6s  ", f->address >> 8,
                f->address >> 3 & 31, f->address & 7, f->vendor, f->device, f->class_code,
                f->vectors, resets[f->reset]);
    if (f->pid != 0) {
        shell_print(sh, "%5u%s  ", f->pid, f->mastering ? " dma" : "    ");
    } else {
        shell_print(sh, "    -      ");
    }
    shell_print(sh, "%s", kind_of(f->class_code));
    if (f->bridge_to != 0) shell_print(sh, " to bus %02x", f->bridge_to);
    shell_print(sh, "\n");
    for (uint32_t i = 0; bars && i < f->bars.count; i++) {
        bar_show(sh, &f->bars.at[i]);
    }
}

int run_pci(struct shell *sh, int argc, char **argv)
{
    static struct pci_list_out out; /* printing uses the message page, this lies beside it */
    struct pci_list_in in = {0};
    bool bars = argc > 1;
    (void)argv;
    shell_print(sh, "address  id         class   vectors  reset   driver     what\n");
    do {
        int err = sh->pci == 0 ? ERR_CAP_EMPTY : pci_list(sh->pci, &in, &out);
        if (err != OK) return shell_failed(sh, "pci", PCI_ID, err);
        for (uint32_t i = 0; i < out.functions.count; i++) {
            function_show(sh, &out.functions.at[i], bars);
        }
        in.after += out.functions.count;
    } while (out.more);
    return STATUS_OK;
}

static const char *const disk_names[DISKS] = {"log", "files", "keys"};

static int disk_ask(const struct shell *sh, uint32_t which, struct block_info_out *out)
{
    return sh->disks[which] == 0 ? ERR_CAP_EMPTY : block_info(sh->disks[which], out);
}

int run_disk(struct shell *sh, int argc, char **argv)
{
    struct block_info_out out;
    uint32_t which = 0;
    while (argc > 1 && which < DISKS && strcmp(disk_names[which], argv[1]) != 0) {
        which++;
    }
    if (which == DISKS) return shell_wrong(sh, "the disks are log, files and keys");
    int err = disk_ask(sh, which, &out);
    if (err != OK) return shell_failed(sh, disk_names[which], BLOCK_ID, err);
    const struct block_block_info *i = &out.info;
    shell_print(sh, "serial      %.*s\n", (int)i->serial.len, i->serial.at);
    shell_print(sh,
                "size        %lu KiB in blocks of %u bytes%s\n"
                "at once     %u requests of %u KiB\n"
                "flush       %s\ndiscard     %u KiB\nzeroes      %u KiB\n",
                i->sectors / 2, i->block_bytes, i->read_only ? ", read-only" : "", i->depth,
                i->max_sectors / 2, i->flush ? "yes" : "no: durable when written",
                i->max_discard / 2, i->max_zeroes / 2);
    return STATUS_OK;
}

/* What is missing is no error here: one asks just that. */
int run_disks(struct shell *sh, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    shell_print(sh, "for     serial                KiB\n");
    for (uint32_t i = 0; i < DISKS; i++) {
        struct block_info_out out;
        char serial[21];
        int err = disk_ask(sh, i, &out);
        if (err == BLOCK_NO_DEVICE) {
            shell_print(sh, "%-6s  no such disk\n", disk_names[i]);
            continue;
        }
        if (err != OK) return shell_failed(sh, disk_names[i], BLOCK_ID, err);
        (void)text_copy(serial, sizeof(serial), out.info.serial.at, out.info.serial.len);
        shell_print(sh, "%-6s  %-12s %12lu%s\n", disk_names[i], serial, out.info.sectors / 2,
                    out.info.read_only ? " read-only" : "");
    }
    return STATUS_OK;
}
