/*
 * main.c - the machine's switch.
 *
 * Off: first QEMU's isa-debug-exit, which ends the emulator with code << 1 | 1, then the ACPI
 * PM1a control block of QEMU's q35 (SLP_EN with SLP_TYP 0). Reboot: the reset register of the PCH,
 * then the keyboard controller. Where a port is answered by nothing, the write does nothing.
 */
#include "idl/power.h"
#include "idl/registry.h"
#include "panic.h"
#include "service_run.h"

enum {
    PORT_DEBUG_EXIT = 0xf4,
    PORT_ACPI_PM1A = 0x604,
    ACPI_SLEEP_ENABLE = 0x2000,
    PORT_RESET = 0xcf9,
    RESET_HARD = 0x0e, /* full reset with power cycle, Intel PCH "Reset Control Register" */
    PORT_KEYBOARD = 0x64,
    KEYBOARD_PULSE_RESET = 0xfe,
};

static struct service service;

static int port_write(const char *name, uint16_t port, uint32_t bytes, uint32_t value)
{
    struct message m = {.w = {port, bytes, value}};
    cap_t ports = startup_cap(name);

    if (ports == 0) return ERR_CAP_EMPTY;
    return (int)sys_invoke(ports, OP_PORT_OUT, 3, &m);
}

static int on_off(struct request *rq, const struct power_off_in *in)
{
    (void)rq;
    int first = port_write("debug_exit", PORT_DEBUG_EXIT, 1, in->code);
    int second = port_write("acpi", PORT_ACPI_PM1A, 2, ACPI_SLEEP_ENABLE);
    return first != OK ? first : second;
}

static int on_reboot(struct request *rq)
{
    (void)rq;
    int first = port_write("reset", PORT_RESET, 1, RESET_HARD);
    int second = port_write("keyboard", PORT_KEYBOARD, 1, KEYBOARD_PULSE_RESET);
    return first != OK ? first : second;
}

static int dispatch(struct service *svc, struct request *rq)
{
    static const struct power_ops ops = {.off = on_off, .reboot = on_reboot};

    (void)svc;
    return power_dispatch(&ops, rq);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    service = (struct service){.endpoint = startup_cap("service")};
    if (service_init(&service) != OK) PANIC("no Reply");
    (void)registry_ready(CAP_SLOT_REGISTRY);
    service_serve(&service, dispatch);
}
