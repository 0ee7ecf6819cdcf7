/* clock.c - the time stamp counter as uptime, the chip as wall clock, its ports, its interrupt. */
#define _GNU_SOURCE /* timegm() */
#include <time.h>

#include "panic.h"
#include "server.h"
#include "startup.h"

enum { PORT_INDEX = 0x70, PORT_DATA = 0x71, NS_A_SECOND = 1000000000, REREAD_SECONDS = 60 };

static uint32_t port_do(const struct server *s, uint32_t op, uint16_t port, uint8_t value)
{
    struct message m = {.w = {port, 1, value}};

    if (sys_invoke(s->ports, op, op == OP_PORT_IN ? 2 : 3, &m) != OK) PANIC("the ports are gone");
    return (uint32_t)m.w[0];
}

/* Bit 7 of the index is clear: non-maskable interrupts stay as they are on. */
static uint8_t chip_in(void *state, uint8_t reg)
{
    (void)port_do(state, OP_PORT_OUT, PORT_INDEX, reg);
    return (uint8_t)port_do(state, OP_PORT_IN, PORT_DATA, 0);
}

static void chip_out(void *state, uint8_t reg, uint8_t value)
{
    (void)port_do(state, OP_PORT_OUT, PORT_INDEX, reg);
    (void)port_do(state, OP_PORT_OUT, PORT_DATA, value);
}

uint64_t clock_uptime(void)
{
    uint64_t hz = startup_page()->tick_hz, ticks = ticks_now();

    if (hz == 0) return ticks;
    return ticks / hz * NS_A_SECOND + ticks % hz * NS_A_SECOND / hz;
}

static void wall_read(struct server *s)
{
    struct chip_date d;

    s->read_at = clock_uptime();
    s->known = chip_read(&s->chip, &d);
    if (!s->known) return;
    struct time_date date = {.year = d.year,
                             .month = d.month,
                             .day = d.day,
                             .hour = d.hour,
                             .minute = d.minute,
                             .second = d.second};
    s->known = clock_seconds(&date, &s->unix_at);
}

bool clock_unix(struct server *s, int64_t *out_unix)
{
    if ((clock_uptime() - s->read_at) / NS_A_SECOND >= REREAD_SECONDS) wall_read(s);
    *out_unix = s->unix_at + (int64_t)((clock_uptime() - s->read_at) / NS_A_SECOND);
    return s->known;
}

struct time_date clock_date(int64_t unix_seconds)
{
    time_t seconds = unix_seconds;
    struct tm tm;

    (void)gmtime_r(&seconds, &tm);
    return (struct time_date){.year = (uint16_t)(tm.tm_year + 1900),
                              .month = (uint8_t)(tm.tm_mon + 1),
                              .day = (uint8_t)tm.tm_mday,
                              .hour = (uint8_t)tm.tm_hour,
                              .minute = (uint8_t)tm.tm_min,
                              .second = (uint8_t)tm.tm_sec,
                              .weekday = (uint8_t)tm.tm_wday};
}

bool clock_seconds(const struct time_date *d, int64_t *out_unix)
{
    struct tm tm = {.tm_year = d->year - 1900,
                    .tm_mon = d->month - 1,
                    .tm_mday = d->day,
                    .tm_hour = d->hour,
                    .tm_min = d->minute,
                    .tm_sec = d->second};
    struct tm normal = tm;

    *out_unix = timegm(&normal);
    return d->year >= 1970 && d->year < 2200 && normal.tm_mon == tm.tm_mon &&
           normal.tm_mday == tm.tm_mday && normal.tm_hour == tm.tm_hour &&
           normal.tm_min == tm.tm_min && normal.tm_sec == tm.tm_sec;
}

bool clock_set(struct server *s, int64_t unix_seconds)
{
    struct time_date d = clock_date(unix_seconds);
    const struct chip_date date = {.year = d.year,
                                   .month = d.month,
                                   .day = d.day,
                                   .hour = d.hour,
                                   .minute = d.minute,
                                   .second = d.second};
    int64_t now;

    chip_write(&s->chip, &date);
    wall_read(s);
    return clock_unix(s, &now) && now - unix_seconds >= 0 && now - unix_seconds <= 1;
}

static void irq_acknowledge(const struct server *s)
{
    struct message m = {0};

    if (sys_invoke(s->irq, OP_IRQ_ACK, 0, &m) != OK) PANIC("the interrupt is gone");
}

void clock_tick(struct server *s, bool on)
{
    if (s->ticking == on) return;
    s->ticking = on;
    chip_tick(&s->chip, on);
}

/* The line is edge-triggered: the chip makes no new edge before it was read after the line was
 * acknowledged. */
void clock_ticked(struct server *s)
{
    irq_acknowledge(s);
    chip_acknowledge(&s->chip);
}

void clock_open(struct server *s)
{
    s->ports = startup_cap("ports");
    s->irq = startup_cap("irq");
    s->chip = (struct chip_port){.state = s, .in = chip_in, .out = chip_out};
    chip_tick(&s->chip, false); /* a former process may have left it on */
    clock_ticked(s);
    wall_read(s);
}
