/*
 * console.c - text for a person on COM1, I/O ports, and the ends of the machine. No state of any
 * CPU is used, so that all of it works from any context, NMI included.
 */
#include "x86.h"

enum { COM1 = 0x3f8, LINE_STATUS = COM1 + 5, LINE_CAN_SEND = 0x20, RESET_CONTROL = 0xcf9 };
enum { SEND_POLLS = 100000 }; /* a port that is not there, or held by flow control, ends the wait */

void console_init(void)
{
    static const uint8_t setup[] = {1, 0, 3, 0x80, 0, 1, 1, 0, 3, 3, 2, 7, 4, 3};
    for (uint32_t i = 0; i < sizeof(setup); i += 2) { /* 115200 8N1, FIFOs, no interrupt */
        arch_port_out(COM1 + setup[i], 1, setup[i + 1]);
    }
}

void arch_putc(char c)
{
    for (int left = c == '\n'; left >= 0; left--) { /* a line ends with two characters */
        for (uint32_t i = 0; i < SEND_POLLS; i++) {
            if (arch_port_in(LINE_STATUS, 1) & LINE_CAN_SEND) break;
        }
        arch_port_out(COM1, 1, left ? '\r' : (uint8_t)c);
    }
}

void print(const char *text)
{
    while (*text) {
        arch_putc(*text++);
    }
}

void machine_stop(const char *kind, const char *why, uint8_t exit_code)
{
    print(kind);
    print(why);
    print("\n");
    arch_port_out(EXIT_PORT, 1, exit_code);
    if (exit_code == EXIT_PANIC) arch_port_out(RESET_CONTROL, 1, 6);
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

void arch_panic(const char *what, const uint64_t *known, uint32_t count)
{
    print("\nkernel: panic: ");
    print(what);
    for (uint32_t i = 0; i < count; i++) {
        arch_putc(i % 4 == 0 ? '\n' : ' ');
        for (int shift = 60; shift >= 0; shift -= 4) {
            arch_putc("0123456789abcdef"[known[i] >> shift & 15]);
        }
    }
    machine_stop("", "", EXIT_PANIC);
}

uint32_t arch_port_in(uint16_t port, uint32_t bytes)
{
    uint32_t value = 0;
    if (bytes == 1) __asm__ volatile("inb %1, %b0" : "+a"(value) : "Nd"(port) : "memory");
    if (bytes == 2) __asm__ volatile("inw %1, %w0" : "+a"(value) : "Nd"(port) : "memory");
    if (bytes == 4) __asm__ volatile("inl %1, %0" : "+a"(value) : "Nd"(port) : "memory");
    return value;
}

void arch_port_out(uint16_t port, uint32_t bytes, uint32_t value)
{
    if (bytes == 1) __asm__ volatile("outb %b0, %1" ::"a"(value), "Nd"(port) : "memory");
    if (bytes == 2) __asm__ volatile("outw %w0, %1" ::"a"(value), "Nd"(port) : "memory");
    if (bytes == 4) __asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port) : "memory");
}
