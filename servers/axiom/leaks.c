/* leaks.c - see leaks.h. There is no driver and no console yet: axiom writes to the port itself. */
#include "leaks.h"

#include "bytes.h"
#include "kern.h"
#include "text.h"

enum { COM1 = 0x3f8, COM1_LAST = 0x3ff, LINE_STATUS = COM1 + 5, LINE_CAN_SEND = 0x20 };
enum { SEND_POLLS = 100000 };                   /* nobody listens, or it is held by flow control */
enum { EXIT_PORT = 0xf4, EXIT_REFUSED = 0x10 }; /* QEMU's isa-debug-exit; elsewhere nothing */

static cap_t ports;

static uint64_t port(enum operation op, uint64_t number, uint64_t value)
{
    struct message m = {.w = {number, 1, value}};
    return kern_invoke(ports, op, 3, &m) == OK ? m.w[0] : 0;
}

/* False: no capability to those ports can be made. */
static bool ports_open(uint64_t first, uint64_t last)
{
    struct message m = {.w = {first, last, name_in(GS_CNODE, ports)}};
    (void)kern_delete(name_in(GS_CNODE, ports));
    return kern_invoke(GS_PORT_CONTROL, OP_PORTS_GET, 3, &m) == OK;
}

static void say(const char *text)
{
    for (; *text != '\0'; text++) {
        for (uint32_t i = 0; i < SEND_POLLS; i++) {
            if (port(OP_PORT_IN, LINE_STATUS, 0) & LINE_CAN_SEND) break;
        }
        (void)port(OP_PORT_OUT, COM1, (uint8_t)*text);
    }
}

/* AMD and Hygon do not forward data across privilege levels on a fault; others count as leaking
 * unless they say that they do not. SDM vol 4, IA32_ARCH_CAPABILITIES. */
uint64_t leaks_of(const struct boot_info *boot)
{
    enum { AUTHENTIC_AMD = 0x68747541, HYGON_GENUINE = 0x6f677948, RDCL_NO = 1, MDS_NO = 1 << 5 };
    uint32_t leaf = 0, vendor;
    uint64_t safe = boot->arch_capabilities;

    __asm__("cpuid" : "+a"(leaf), "=b"(vendor) : : "ecx", "edx");
    if (vendor == AUTHENTIC_AMD || vendor == HYGON_GENUINE) return 0;
    return (safe & RDCL_NO ? 0 : LEAK_MELTDOWN | LEAK_L1TF) | (safe & MDS_NO ? 0 : LEAK_MDS);
}

void leaks_check(const struct boot_info *boot)
{
    size_t len = strnlen(boot->cmdline, sizeof(boot->cmdline));
    if (!(leaks_of(boot) & LEAK_MELTDOWN)) return;
    if (text_has_word(boot->cmdline, len, "unsafe_cpu")) return;
    ports = own_alloc(1);
    if (ports_open(COM1, COM1_LAST)) {
        say("\r\nwaterlight: does not start: this processor leaks (Meltdown, L1TF");
        say(leaks_of(boot) & LEAK_MDS ? ", MDS" : "");
        say("): user code can read kernel memory; `unsafe_cpu` on the command line accepts "
            "that\r\n");
    }
    if (ports_open(EXIT_PORT, EXIT_PORT + 3)) (void)port(OP_PORT_OUT, EXIT_PORT, EXIT_REFUSED);
    for (;;) {
        sys_yield();
    }
}
