/* chip_test.c - the driver's queues against a simulated 16550 with 16-byte FIFOs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "uart.h"

static struct {
    bool present, slow; /* slow: the FIFO empties only when the test says so */
    bool stuck;         /* always claims an interrupt */
    uint8_t scratch, ier, lcr;
    uint8_t in[64], out[16384], fifo[UART_FIFO_BYTES];
    uint32_t in_len, in_at, out_len, fifo_len;
    bool overrun;
    int fifo_overflows;
} chip;

static struct uart uart;

static void fifo_empty(void)
{
    memcpy(chip.out + chip.out_len, chip.fifo, chip.fifo_len);
    chip.out_len += chip.fifo_len;
    chip.fifo_len = 0;
}

static uint8_t chip_in(void *state, uint16_t reg)
{
    (void)state;
    switch (reg) {
    case 0:
        return chip.in_at < chip.in_len ? chip.in[chip.in_at++] : 0;
    case 2:
        if (chip.stuck) return 0;
        if ((chip.ier & 1) != 0 && chip.in_at < chip.in_len) return 4;
        return (chip.ier & 2) != 0 && chip.fifo_len == 0 ? 2 : 1;
    case 5: {
        uint8_t line = (uint8_t)((chip.in_at < chip.in_len) | (chip.fifo_len == 0) << 5);
        if (chip.overrun) line |= 2;
        chip.overrun = false;
        return line;
    }
    case 7:
        return chip.present ? chip.scratch : 0xff;
    default:
        return 0;
    }
}

static void chip_out(void *state, uint16_t reg, uint8_t value)
{
    (void)state;
    if (reg == 7) chip.scratch = value;
    if (reg == 3) chip.lcr = value;
    if ((chip.lcr & 0x80) != 0) return;
    if (reg == 1) chip.ier = value;
    if (reg != 0) return;
    if (chip.fifo_len == UART_FIFO_BYTES) {
        chip.fifo_overflows++;
        return;
    }
    chip.fifo[chip.fifo_len++] = value;
    if (!chip.slow) fifo_empty();
}

static int setup(void **state)
{
    (void)state;
    memset(&chip, 0, sizeof(chip));
    memset(&uart, 0, sizeof(uart));
    chip.present = true;
    uart.port = (struct uart_port){.in = chip_in, .out = chip_out};
    assert_true(uart_init(&uart));
    return 0;
}

static void arrive(const char *text)
{
    chip.in_at = 0;
    chip.in_len = (uint32_t)strlen(text);
    memcpy(chip.in, text, chip.in_len);
}

static void no_chip(void **state)
{
    (void)state;
    chip.present = false;
    assert_false(uart_init(&uart));
}

static void receives(void **state)
{
    uint8_t bytes[16];

    (void)state;
    arrive("hello");
    assert_int_equal(uart_service(&uart), UART_READABLE);
    assert_int_equal(uart_read(&uart, bytes, 3), 3);
    assert_memory_equal(bytes, "hel", 3);
    assert_int_equal(uart_read(&uart, bytes, 16), 2);
    assert_int_equal(uart_read(&uart, bytes, 16), 0);
    assert_int_equal(uart_service(&uart), 0);
}

static void counts_what_is_lost(void **state)
{
    (void)state;
    for (int i = 0; i < UART_RX_MAX / 32 + 1; i++) {
        arrive("0123456789abcdef0123456789abcdef");
        uart_service(&uart);
    }
    assert_int_equal(uart.rx.len, UART_RX_MAX);
    assert_int_equal(uart.rx_lost, 32);
    chip.overrun = true;
    arrive("x");
    uart_service(&uart);
    assert_int_equal(uart.rx_lost, 34);
}

static void sends(void **state)
{
    (void)state;
    assert_int_equal(uart_write(&uart, (const uint8_t *)"hello", 5), 5);
    assert_int_equal(chip.out_len, 5);
    assert_memory_equal(chip.out, "hello", 5);
    assert_int_equal(chip.ier & 2, 0);
}

/* With a slow line the queue fills, the rest is refused, and room is told of. In order, no byte
 * more than the FIFO takes, none lost. */
static void sends_slowly(void **state)
{
    static uint8_t text[2 * UART_TX_MAX];
    uint32_t taken;
    unsigned events = 0;

    (void)state;
    for (uint32_t i = 0; i < sizeof(text); i++) {
        text[i] = (uint8_t)(i * 31);
    }
    chip.slow = true;
    taken = uart_write(&uart, text, sizeof(text));
    assert_int_equal(taken, UART_TX_MAX + UART_FIFO_BYTES);
    assert_int_not_equal(chip.ier & 2, 0);
    assert_int_equal(uart_write(&uart, text, 1), 0);
    while (uart.tx.len > 0 || chip.fifo_len > 0) {
        fifo_empty();
        events |= uart_service(&uart);
    }
    assert_int_equal(events, UART_WRITABLE);
    assert_int_equal(chip.out_len, taken);
    assert_memory_equal(chip.out, text, taken);
    assert_int_equal(chip.fifo_overflows, 0);
    assert_int_equal(chip.ier & 2, 0);
}

static void broken_chip_ends(void **state)
{
    (void)state;
    chip.stuck = true;
    assert_int_equal(uart_service(&uart), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(no_chip), TEST(receives),     TEST(counts_what_is_lost),
                                       TEST(sends),   TEST(sends_slowly), TEST(broken_chip_ends)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
