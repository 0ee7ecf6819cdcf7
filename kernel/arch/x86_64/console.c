/*
 * console.c - text for a person on COM1, and the ends of the machine. No state of any CPU is used,
 * so that all of it works from any context, NMI included.
 */
#include "arch.h"
#include "x86.h"

enum {
    COM1 = 0x3f8,
    COM1_LINE_STATUS = COM1 + 5,
    LINE_CAN_SEND = 0x20,
    SEND_POLLS = 100000, /* a port without a device, or one held by flow control, ends the wait */
    RESET_CONTROL = 0xcf9,
    KEYBOARD_COMMAND = 0x64,
    KEYBOARD_PULSE_RESET = 0xfe,
};

void console_init(void)
{
    static const uint8_t setup[][2] = {
        {1, 0}, {3, 0x80}, {0, 1}, {1, 0}, {3, 3}, {2, 7}, {4, 3}, /* 115200 8N1, FIFO, no interrupt */
    };
    for (uint32_t i = 0; i < sizeof(setup) / sizeof(setup[0]); i++) {
        outb((uint16_t)(COM1 + setup[i][0]), setup[i][1]);
    }
}

void arch_putc(char c)
{
    if (c == '\n') {
        arch_putc('\r');
    }
    for (uint32_t i = 0; i < SEND_POLLS && !(inb(COM1_LINE_STATUS) & LINE_CAN_SEND); i++) {
    }
    outb(COM1, (uint8_t)c);
}

void print(const char *text)
{
    while (*text) {
        arch_putc(*text++);
    }
}

void print_hex(uint64_t value)
{
    for (int shift = 60; shift >= 0; shift -= 4) {
        arch_putc("0123456789abcdef"[value >> shift & 15]);
    }
}

static void emulator_exit(uint8_t code)
{
    outb(EXIT_PORT, code);
}

void machine_refuse(const char *reason)
{
    print("waterlight: does not start: ");
    print(reason);
    print("\n");
    emulator_exit(EXIT_REFUSED);
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

void machine_reset(void)
{
    emulator_exit(EXIT_PANIC);
    outb(RESET_CONTROL, 2);
    outb(RESET_CONTROL, 6);
    outb(KEYBOARD_COMMAND, KEYBOARD_PULSE_RESET);
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

void arch_panic(const char *what, const char *file, int line)
{
    print("\nkernel: panic: ");
    print(what);
    print(" at ");
    print(file);
    print(", line (hex) ");
    print_hex((uint64_t)line);
    print("\n");
    machine_reset();
}

void arch_fatal(const char *what)
{
    print("\nkernel: fatal: ");
    print(what);
    print("\n");
    machine_reset();
}

uint32_t arch_port_in(uint16_t port, uint32_t bytes)
{
    uint32_t value = 0;
    switch (bytes) {
    case 1: return inb(port);
    case 2: __asm__ volatile("inw %1, %w0" : "+a"(value) : "Nd"(port) : "memory"); break;
    default: __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory"); break;
    }
    return value;
}

void arch_port_out(uint16_t port, uint32_t bytes, uint32_t value)
{
    switch (bytes) {
    case 1: outb(port, (uint8_t)value); break;
    case 2: __asm__ volatile("outw %w0, %1" ::"a"(value), "Nd"(port) : "memory"); break;
    default: __asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port) : "memory"); break;
    }
}
