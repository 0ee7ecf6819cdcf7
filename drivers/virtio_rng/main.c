/* main.c - a virtio entropy device as a Noise. */
#include "description.h"
#include "device.h"
#include "idl/noise.h"
#include "idl/registry.h"
#include "panic.h"
#include "print.h"
#include "service.h"
#include "startup.h"

enum { SIGNAL_IRQ = 1 };

static struct device device;
static struct service service;

static int on_take(struct request *rq, const struct noise_take_in *in, struct noise_take_out *out)
{
    uint8_t *bytes = (uint8_t *)rq->scratch;

    if (device.state == DEVICE_NONE) return NOISE_NO_DEVICE;
    out->bytes = data_from(bytes, device_take(&device, bytes, in->count));
    return device.state == DEVICE_WORKS ? OK : NOISE_FAILED;
}

static int dispatch(struct service *svc, struct request *rq)
{
    static const struct noise_ops ops = {.take = on_take};

    (void)svc;
    return noise_dispatch(&ops, rq);
}

static void on_signal(struct service *svc, uint64_t bits)
{
    (void)svc;
    /* Without the bus server there is no device either: init starts us again when it is back. */
    if ((bits & SERVICE_SIGNAL_TOLD) != 0) program_exit(EXIT_ERROR);
    if (device.state == DEVICE_NONE || (bits & SIGNAL_IRQ) == 0) return;
    device_irq_ack(&device); /* before we look: what is done after it interrupts again */
    device_turn(&device);
}

int main(int argc, char **argv)
{
    cap_t interrupt;

    (void)argc;
    (void)argv;
    service = (struct service){
        .endpoint = startup_cap("service"),
        .notification = startup_cap("wake"),
        .dispatch = dispatch,
        .signal = on_signal,
    };
    if (service_init(&service) != OK) PANIC("no Reply");
    if (service_bind_notification(&service) != OK) PANIC("no notification");
    if (service_signal_source(&service, SIGNAL_IRQ, &interrupt) != OK) PANIC("no notification");
    const char *wrong = device_open(&device, interrupt);
    if (wrong != NULL && wrong[0] != '\0') {
        device.state = DEVICE_BROKEN;
        print_debug("virtio_rng: %s\n", wrong);
    }
    (void)registry_ready(CAP_SLOT_REGISTRY);
    service_run(&service);
}
