/* main.c - COM1 as a Serial: the chip's ports and its interrupt are capabilities. */
#include "bytes.h"
#include "idl/registry.h"
#include "idl/serial.h"
#include "panic.h"
#include "service_run.h"
#include "slots.h"
#include "uart.h"

enum { COM1_BASE = 0x3f8, SIGNAL_IRQ = 1, WRITE_MAX = 1024, READ_MAX = 256 };

struct driver {
    struct uart uart;
    cap_t irq, ports;
    cap_t holder;          /* notification of whoever attached, or 0 */
    uint64_t holder_badge; /* init's badge of it: one holder at a time */
};

static struct driver driver;
static struct service service;

static uint8_t port_in(void *state, uint16_t reg)
{
    const struct driver *d = state;
    struct message m = {.w = {COM1_BASE + reg, 1}};

    if (sys_invoke(d->ports, OP_PORT_IN, 2, &m) != OK) PANIC("the ports are gone");
    return (uint8_t)m.w[0];
}

static void port_out(void *state, uint16_t reg, uint8_t value)
{
    const struct driver *d = state;
    struct message m = {.w = {COM1_BASE + reg, 1, value}};

    if (sys_invoke(d->ports, OP_PORT_OUT, 3, &m) != OK) PANIC("the ports are gone");
}

static void irq_ack(struct driver *d)
{
    struct message m = {0};

    if (sys_invoke(d->irq, OP_IRQ_ACK, 0, &m) != OK) PANIC("the interrupt is gone");
}

static void tell_holder(struct driver *d, unsigned events)
{
    if (events == 0 || d->holder == 0) return;
    (void)sys_signal(d->holder); /* a holder that is gone is told of by on_death */
}

static void on_signal(struct service *svc, uint64_t bits)
{
    struct driver *d = svc->state;

    if ((bits & SIGNAL_IRQ) == 0) return;
    unsigned events = uart_service(&d->uart);
    irq_ack(d);
    /* The line is edge-triggered: what came up before the acknowledgement makes no new edge. */
    events |= uart_service(&d->uart);
    tell_holder(d, events);
}

static void on_death(struct service *svc, uint64_t badge)
{
    struct driver *d = svc->state;

    if (badge != d->holder_badge) return;
    slot_discard(d->holder);
    d->holder = 0;
    d->holder_badge = 0;
}

static int on_attach(struct request *rq, const struct serial_attach_in *in)
{
    struct driver *d = request_service(rq)->state;

    if (in->notification.type != CAP_NOTIFICATION) return ERR_CAP_TYPE;
    if (d->holder != 0 && d->holder_badge != rq->badge) return SERIAL_TAKEN;
    slot_discard(d->holder);
    d->holder = request_keep(rq, in->notification.slot);
    d->holder_badge = rq->badge;
    if (d->uart.rx.len > 0) tell_holder(d, UART_READABLE);
    return OK;
}

static int on_read(struct request *rq, struct serial_read_out *out)
{
    struct driver *d = request_service(rq)->state;
    uint8_t *bytes = (uint8_t *)rq->scratch;

    if (rq->badge != d->holder_badge) return SERIAL_TAKEN;
    /* What was answered last may have been a passphrase. The console reads until nothing comes. */
    bytes_wipe(bytes, READ_MAX);
    bytes_wipe(rq->answer.w, sizeof(rq->answer.w));
    bytes_wipe(rq->buffer->words, READ_MAX);
    out->data = data_from(bytes, uart_read(&d->uart, bytes, READ_MAX));
    out->lost = d->uart.rx_lost;
    d->uart.rx_lost = 0;
    return OK;
}

static int on_write(struct request *rq, const struct serial_write_in *in,
                    struct serial_write_out *out)
{
    struct driver *d = request_service(rq)->state;

    if (rq->badge != d->holder_badge) return SERIAL_TAKEN;
    out->taken = uart_write(&d->uart, in->data.at, in->data.len);
    return OK;
}

static int dispatch(struct service *svc, struct request *rq)
{
    static const struct serial_ops ops = {.attach = on_attach, .read = on_read, .write = on_write};

    (void)svc;
    return serial_dispatch(&ops, rq);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    driver.irq = startup_cap("irq");
    driver.ports = startup_cap("ports");
    driver.uart.port = (struct uart_port){.state = &driver, .in = port_in, .out = port_out};
    service = (struct service){
        .state = &driver,
        .endpoint = startup_cap("service"),
        .notification = startup_cap("wake"),
        .receive_slots = 1,
        .signal = on_signal,
        .death = on_death,
    };
    if (service_init(&service) != OK) PANIC("no Reply");
    if (service_bind_notification(&service) != OK) PANIC("no notification");
    if (service_watch_deaths(&service) != OK) PANIC("deaths are not told");
    if (!uart_init(&driver.uart)) PANIC("no 16550 at 0x3f8");
    /* What arrived before this driver ran would never raise the line again. */
    on_signal(&service, SIGNAL_IRQ);
    (void)registry_ready(CAP_SLOT_REGISTRY);
    service_serve(&service, dispatch);
}
