/* chip_test.c - the real-time clock against a simulated one, in each of its formats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "chip.h"

enum { B_SET = 0x80, B_PERIODIC = 0x40, B_BINARY = 4, B_24_HOURS = 2 };

static struct {
    uint8_t reg[128];
    int reads, updating_until, steps_at; /* at read `steps_at` a second passes */
    bool never_still, written_while_running;
} chip;

static uint8_t chip_in(void *state, uint8_t reg)
{
    (void)state;
    chip.reads++;
    if (chip.never_still) chip.reg[0] = (uint8_t)(chip.reads % 10);
    if (chip.steps_at != 0 && chip.reads == chip.steps_at) {
        chip.reg[0] = 0x00;
        chip.reg[2] = 0x30;
    }
    if (reg == 10 && chip.reads <= chip.updating_until) return 0x80 | chip.reg[10];
    uint8_t value = chip.reg[reg];
    if (reg == 12) chip.reg[12] = 0;
    return value;
}

static void chip_out(void *state, uint8_t reg, uint8_t value)
{
    (void)state;
    bool field = reg < 10 || reg == 0x32;
    if (field && (chip.reg[11] & B_SET) == 0) chip.written_while_running = true;
    chip.reg[reg] = value;
}

static const struct chip_port port = {.in = chip_in, .out = chip_out};

/* 2026-11-21 14:29:59 in BCD and 24 hours. */
static int setup(void **state)
{
    (void)state;
    memset(&chip, 0, sizeof(chip));
    chip.reg[0] = 0x59;
    chip.reg[2] = 0x29;
    chip.reg[4] = 0x14;
    chip.reg[7] = 0x21;
    chip.reg[8] = 0x11;
    chip.reg[9] = 0x26;
    chip.reg[0x32] = 0x20;
    chip.reg[10] = 0x26;
    chip.reg[11] = B_24_HOURS;
    chip.reg[13] = 0x80;
    return 0;
}

static void expect(uint16_t year, uint8_t hour, uint8_t minute, uint8_t second)
{
    struct chip_date d;

    assert_true(chip_read(&port, &d));
    assert_int_equal(d.year, year);
    assert_int_equal(d.month, 11);
    assert_int_equal(d.day, 21);
    assert_int_equal(d.hour, hour);
    assert_int_equal(d.minute, minute);
    assert_int_equal(d.second, second);
}

static void decimal_is_read(void **state)
{
    (void)state;
    expect(2026, 14, 29, 59);
}

static void binary_is_read(void **state)
{
    static const uint8_t values[][2] = {{0, 59}, {2, 29}, {4, 14},   {7, 21},
                                        {8, 11}, {9, 26}, {0x32, 20}};

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        chip.reg[values[i][0]] = values[i][1];
    }
    chip.reg[11] |= B_BINARY;
    expect(2026, 14, 29, 59);
}

static void twelve_hours_are_read(void **state)
{
    static const struct {
        uint8_t raw, hour;
    } hours[] = {{0x12, 0}, {0x01, 1}, {0x11, 11}, {0x92, 12}, {0x81, 13}, {0x91, 23}};

    (void)state;
    chip.reg[11] = 0;
    for (size_t i = 0; i < sizeof(hours) / sizeof(hours[0]); i++) {
        chip.reg[4] = hours[i].raw;
        expect(2026, hours[i].hour, 29, 59);
    }
}

static void a_machine_without_a_century_is_of_this_one(void **state)
{
    (void)state;
    chip.reg[0x32] = 0;
    expect(2026, 14, 29, 59);
}

static void an_update_is_waited_for(void **state)
{
    (void)state;
    chip.updating_until = 20;
    expect(2026, 14, 29, 59);
    assert_true(chip.reads > 20);
}

/* Seconds and minutes change between two of its reads: neither 14:29:00 nor 14:30:59 is seen. */
static void a_second_that_passes_tears_nothing(void **state)
{
    (void)state;
    for (int at = 1; at < 30; at++) {
        (void)setup(NULL);
        chip.steps_at = at;
        struct chip_date d;
        assert_true(chip_read(&port, &d));
        assert_true((d.minute == 29 && d.second == 59) || (d.minute == 30 && d.second == 0));
    }
}

static void what_is_no_date_is_refused(void **state)
{
    static const uint8_t bad[][2] = {{0, 0x60}, {2, 0x60}, {4, 0x24}, {7, 0x00},
                                     {7, 0x32}, {8, 0x00}, {8, 0x13}};
    struct chip_date d;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)setup(NULL);
        chip.reg[bad[i][0]] = bad[i][1];
        assert_false(chip_read(&port, &d));
    }
}

static void a_clock_without_power_is_refused(void **state)
{
    struct chip_date d;

    (void)state;
    chip.reg[13] = 0;
    assert_false(chip_read(&port, &d));
}

static void a_clock_that_never_holds_still_is_given_up(void **state)
{
    struct chip_date d;

    (void)state;
    chip.never_still = true;
    assert_false(chip_read(&port, &d));
    chip.never_still = false;
    chip.updating_until = 1 << 30;
    assert_false(chip_read(&port, &d));
}

static void what_is_written_is_read(void **state)
{
    static const uint8_t formats[] = {0, B_BINARY, B_24_HOURS, B_BINARY | B_24_HOURS};
    struct chip_date d;

    (void)state;
    for (size_t f = 0; f < sizeof(formats); f++) {
        for (uint8_t hour = 0; hour < 24; hour++) {
            const struct chip_date want = {2199, 12, 31, hour, 7, 9};
            chip.reg[11] = formats[f];
            chip_write(&port, &want);
            assert_true(chip_read(&port, &d));
            assert_memory_equal(&d, &want, sizeof(d));
            assert_int_equal(chip.reg[11], formats[f]);
        }
    }
    assert_false(chip.written_while_running);
}

static void ticks_are_switched(void **state)
{
    (void)state;
    chip.reg[12] = 0xc0;
    chip_tick(&port, true);
    assert_int_equal(chip.reg[10] & 0x0f, 9);
    assert_int_equal(chip.reg[11], B_24_HOURS | B_PERIODIC);
    assert_int_equal(chip.reg[12], 0); /* one from before is no news */
    chip_tick(&port, false);
    assert_int_equal(chip.reg[11], B_24_HOURS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(decimal_is_read, setup),
        cmocka_unit_test_setup(binary_is_read, setup),
        cmocka_unit_test_setup(twelve_hours_are_read, setup),
        cmocka_unit_test_setup(a_machine_without_a_century_is_of_this_one, setup),
        cmocka_unit_test_setup(an_update_is_waited_for, setup),
        cmocka_unit_test_setup(a_second_that_passes_tears_nothing, setup),
        cmocka_unit_test_setup(what_is_no_date_is_refused, setup),
        cmocka_unit_test_setup(a_clock_without_power_is_refused, setup),
        cmocka_unit_test_setup(a_clock_that_never_holds_still_is_given_up, setup),
        cmocka_unit_test_setup(what_is_written_is_read, setup),
        cmocka_unit_test_setup(ticks_are_switched, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
