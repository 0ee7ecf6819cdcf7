/*
 * chip.h - the machine's real-time clock: its date, and the interrupt that it raises periodically.
 *
 * Registers: Motorola MC146818A data sheet; the century is where the ACPI tables of PCs say. Ports
 * are reached through callbacks: the tests put a simulated chip there, main.c the capability.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct chip_port {
    void *state;
    uint8_t (*in)(void *state, uint8_t reg);
    void (*out)(void *state, uint8_t reg, uint8_t value);
};

struct chip_date { /* UTC */
    uint16_t year;
    uint8_t month, day, hour, minute, second;
};

enum { CHIP_TICKS_A_SECOND = 128 };

/* False: the clock has lost its power, never holds still, or says what is no date. */
bool chip_read(const struct chip_port *port, struct chip_date *out_date);
/* Years 1970 to 2199. */
void chip_write(const struct chip_port *port, const struct chip_date *date);
/* CHIP_TICKS_A_SECOND interrupts a second, or none. */
void chip_tick(const struct chip_port *port, bool on);
/* Lets the next interrupt come. */
void chip_acknowledge(const struct chip_port *port);
