#include "chip.h"

#include <string.h>

enum {
    REG_SECOND = 0,
    REG_MINUTE = 2,
    REG_HOUR = 4,
    REG_DAY = 7,
    REG_MONTH = 8,
    REG_YEAR = 9,
    REG_A = 10,
    REG_B = 11,
    REG_C = 12,
    REG_D = 13,
    REG_CENTURY = 0x32,
};
enum {
    A_UPDATING = 0x80,
    A_RATE = 0x0f,
    A_RATE_128 = 9, /* table 5 of the data sheet: 32768 >> (rate - 1) a second */
    B_SET = 0x80,
    B_PERIODIC = 0x40,
    B_BINARY = 4,
    B_24_HOURS = 2,
    D_VALID = 0x80, /* the battery has not failed */
    HOUR_PM = 0x80,
};
enum { READS_MAX = 1000, FIELDS = 7 };
_Static_assert(32768 >> (A_RATE_128 - 1) == CHIP_TICKS_A_SECOND, "the rate of the interrupt");

static const uint8_t fields[FIELDS] = {REG_SECOND, REG_MINUTE, REG_HOUR,   REG_DAY,
                                       REG_MONTH,  REG_YEAR,   REG_CENTURY};

static uint8_t reg_in(const struct chip_port *p, uint8_t reg)
{
    return p->in(p->state, reg);
}

/* Twice the same, and no update meanwhile: then the fields belong together. */
static bool fields_read(const struct chip_port *p, uint8_t out_raw[FIELDS])
{
    uint8_t before[FIELDS] = {0xff}; /* no second */

    for (uint32_t tries = 0; tries < READS_MAX; tries++) {
        if ((reg_in(p, REG_A) & A_UPDATING) != 0) continue;
        for (uint32_t i = 0; i < FIELDS; i++) {
            out_raw[i] = reg_in(p, fields[i]);
        }
        if (memcmp(before, out_raw, FIELDS) == 0) return true;
        memcpy(before, out_raw, FIELDS);
    }
    return false;
}

static uint8_t decoded(uint8_t value, bool binary)
{
    return binary ? value : (uint8_t)((value >> 4) * 10 + (value & 15));
}

static uint8_t encoded(uint32_t value, bool binary)
{
    return (uint8_t)(binary ? value : value / 10 << 4 | value % 10);
}

static uint8_t hour_decoded(uint8_t raw, uint8_t b)
{
    bool pm = (b & B_24_HOURS) == 0 && (raw & HOUR_PM) != 0;
    uint8_t hour = decoded((b & B_24_HOURS) == 0 ? raw & (uint8_t)~HOUR_PM : raw, b & B_BINARY);

    if ((b & B_24_HOURS) != 0) return hour;
    return (uint8_t)(hour % 12 + (pm ? 12 : 0));
}

static uint8_t hour_encoded(uint8_t hour, uint8_t b)
{
    if ((b & B_24_HOURS) != 0) return encoded(hour, b & B_BINARY);
    uint8_t half = encoded(hour % 12 == 0 ? 12 : hour % 12u, b & B_BINARY);
    return hour >= 12 ? half | HOUR_PM : half;
}

bool chip_read(const struct chip_port *p, struct chip_date *out_date)
{
    uint8_t raw[FIELDS], b = reg_in(p, REG_B);
    bool binary = (b & B_BINARY) != 0;

    if ((reg_in(p, REG_D) & D_VALID) == 0 || !fields_read(p, raw)) return false;
    uint8_t century = decoded(raw[6], binary);
    if (century < 19 || century > 21) century = 20; /* not every machine keeps it */
    *out_date = (struct chip_date){
        .second = decoded(raw[0], binary),
        .minute = decoded(raw[1], binary),
        .hour = hour_decoded(raw[2], b),
        .day = decoded(raw[3], binary),
        .month = decoded(raw[4], binary),
        .year = (uint16_t)(century * 100 + decoded(raw[5], binary)),
    };
    const struct chip_date *d = out_date;
    return d->second < 60 && d->minute < 60 && d->hour < 24 && d->day >= 1 && d->day <= 31 &&
           d->month >= 1 && d->month <= 12 && d->year >= 1970;
}

void chip_write(const struct chip_port *p, const struct chip_date *d)
{
    uint8_t b = reg_in(p, REG_B);
    bool binary = (b & B_BINARY) != 0;
    const uint8_t values[FIELDS] = {
        encoded(d->second, binary),     encoded(d->minute, binary), hour_encoded(d->hour, b),
        encoded(d->day, binary),        encoded(d->month, binary),  encoded(d->year % 100, binary),
        encoded(d->year / 100, binary),
    };

    p->out(p->state, REG_B, b | B_SET); /* it stands still meanwhile */
    for (uint32_t i = 0; i < FIELDS; i++) {
        p->out(p->state, fields[i], values[i]);
    }
    p->out(p->state, REG_B, b & (uint8_t)~B_SET);
}

void chip_tick(const struct chip_port *p, bool on)
{
    uint8_t a = reg_in(p, REG_A), b = reg_in(p, REG_B);

    if (on) p->out(p->state, REG_A, (uint8_t)((a & ~A_RATE) | A_RATE_128));
    p->out(p->state, REG_B, on ? b | B_PERIODIC : b & (uint8_t)~B_PERIODIC);
    chip_acknowledge(p);
}

void chip_acknowledge(const struct chip_port *p)
{
    (void)reg_in(p, REG_C); /* reading it clears it */
}
