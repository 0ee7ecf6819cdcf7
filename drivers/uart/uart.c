#include "uart.h"

enum { /* registers; with DLAB set the first two are the divisor */
       REG_DATA = 0,
       REG_IER = 1,
       REG_IIR = 2, /* read */
       REG_FCR = 2, /* write */
       REG_LCR = 3,
       REG_MCR = 4,
       REG_LSR = 5,
       REG_MSR = 6,
       REG_SCRATCH = 7,
};
enum {
    IER_RX = 1,
    IER_TX = 2,
    IER_LINE = 4,
    IIR_NONE = 1,
    FCR_ENABLE_AND_CLEAR = 7,
    FCR_TRIGGER_8 = 0x80,
    LCR_8N1 = 3,
    LCR_DLAB = 0x80,
    MCR_DTR_RTS_OUT2 = 0xb, /* OUT2 gates the interrupt line of a PC */
    LSR_DATA = 1,
    LSR_OVERRUN = 2,
    LSR_TX_EMPTY = 0x20,
};
enum { SERVICE_ROUNDS_MAX = 256 }; /* a broken chip must not hold the driver for ever */

static uint8_t reg_in(struct uart *u, uint16_t reg)
{
    return u->port.in(u->port.state, reg);
}

static void reg_out(struct uart *u, uint16_t reg, uint8_t value)
{
    u->port.out(u->port.state, reg, value);
}

static bool queue_put(struct uart_queue *q, uint8_t byte)
{
    if (q->len == UART_RX_MAX) return false;
    q->at[(q->start + q->len++) % UART_RX_MAX] = byte;
    return true;
}

static uint8_t queue_take(struct uart_queue *q)
{
    uint8_t byte = q->at[q->start];

    q->at[q->start] = 0; /* it may be of a passphrase */
    q->start = (q->start + 1) % UART_RX_MAX;
    q->len--;
    return byte;
}

bool uart_init(struct uart *u)
{
    reg_out(u, REG_SCRATCH, 0x5a);
    if (reg_in(u, REG_SCRATCH) != 0x5a) return false;
    reg_out(u, REG_IER, 0);
    reg_out(u, REG_LCR, LCR_DLAB);
    reg_out(u, REG_DATA, 1); /* 115200 = 1843200 / 16 / 1 */
    reg_out(u, REG_IER, 0);
    reg_out(u, REG_LCR, LCR_8N1);
    reg_out(u, REG_FCR, FCR_ENABLE_AND_CLEAR | FCR_TRIGGER_8);
    reg_out(u, REG_MCR, MCR_DTR_RTS_OUT2);
    reg_out(u, REG_IER, IER_RX | IER_LINE);
    return true;
}

static void rx_drain(struct uart *u)
{
    for (int i = 0; i < SERVICE_ROUNDS_MAX; i++) {
        uint8_t line = reg_in(u, REG_LSR);
        if ((line & LSR_OVERRUN) != 0) u->rx_lost++;
        if ((line & LSR_DATA) == 0) return;
        if (!queue_put(&u->rx, reg_in(u, REG_DATA))) u->rx_lost++;
    }
}

/* Fills the FIFO while the chip has emptied it; its interrupt is on only while bytes wait. */
static void tx_fill(struct uart *u)
{
    while (u->tx.len > 0 && (reg_in(u, REG_LSR) & LSR_TX_EMPTY) != 0) {
        for (int i = 0; i < UART_FIFO_BYTES && u->tx.len > 0; i++) {
            reg_out(u, REG_DATA, queue_take(&u->tx));
        }
    }
    bool arm = u->tx.len > 0;
    if (arm != u->tx_armed) {
        u->tx_armed = arm;
        reg_out(u, REG_IER, arm ? IER_RX | IER_LINE | IER_TX : IER_RX | IER_LINE);
    }
}

unsigned uart_service(struct uart *u)
{
    unsigned events = 0;

    for (int i = 0; i < SERVICE_ROUNDS_MAX; i++) {
        if ((reg_in(u, REG_IIR) & IIR_NONE) != 0) break;
        rx_drain(u);
        tx_fill(u);
        (void)reg_in(u, REG_MSR);
    }
    if (u->rx.len > 0) events |= UART_READABLE;
    if (u->write_refused && u->tx.len <= UART_TX_MAX / 2) {
        u->write_refused = false;
        events |= UART_WRITABLE;
    }
    return events;
}

uint32_t uart_read(struct uart *u, uint8_t *out_bytes, uint32_t max)
{
    uint32_t count = 0;

    while (count < max && u->rx.len > 0) {
        out_bytes[count++] = queue_take(&u->rx);
    }
    return count;
}

uint32_t uart_write(struct uart *u, const uint8_t *bytes, uint32_t len)
{
    uint32_t taken = 0;

    while (taken < len && queue_put(&u->tx, bytes[taken])) {
        taken++;
    }
    tx_fill(u);
    while (taken < len && queue_put(&u->tx, bytes[taken])) {
        taken++;
    }
    if (taken < len) u->write_refused = true;
    return taken;
}
