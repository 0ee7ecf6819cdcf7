/*
 * uart.h - the 16550 and its two queues. Ports are reached through callbacks: the tests put a
 * simulated chip there, main.c the capability.
 *
 * Register bits: National Semiconductor PC16550D data sheet, table II.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { UART_RX_MAX = 4096, UART_TX_MAX = 4096, UART_FIFO_BYTES = 16 };

struct uart_port {
    void *state;
    uint8_t (*in)(void *state, uint16_t reg);
    void (*out)(void *state, uint16_t reg, uint8_t value);
};

struct uart_queue { /* a ring */
    uint8_t at[UART_RX_MAX];
    uint32_t start, len;
};
_Static_assert(UART_RX_MAX == UART_TX_MAX, "one type for both");

struct uart {
    struct uart_port port;
    struct uart_queue rx, tx;
    uint32_t rx_lost;   /* since the last read: queue full, or overrun in the chip */
    bool tx_armed;      /* the transmitter's interrupt is on */
    bool write_refused; /* a write found no room: tell when there is some */
};

/* 115200 baud, 8N1, FIFOs on, receive interrupt on. False: there is no 16550. */
bool uart_init(struct uart *u);

enum { UART_READABLE = 1, UART_WRITABLE = 2 };
/* Serves the chip until it asks for nothing. Result: what the holder should be told of. */
unsigned uart_service(struct uart *u);
uint32_t uart_read(struct uart *u, uint8_t *out_bytes, uint32_t max);
/* Takes what fits. */
uint32_t uart_write(struct uart *u, const uint8_t *bytes, uint32_t len);
