/* main.c - PID 1: reads the description, starts the system, then serves and supervises. */
#include "badge.h"
#include "bytes.h"
#include "init.h"
#include "panic.h"
#include "print.h"
#include "slots.h"

enum { SLOT_BOOT = 3, ANSWERS = 8 };

static struct init init;

uint64_t init_now_ms(const struct init *in)
{
    return ticks_now() / (in->tick_hz / 1000);
}

static int on_request(struct service *svc, struct request *rq)
{
    return names_dispatch(svc->state, rq);
}

static int on_fault(struct service *svc, struct request *rq)
{
    return faults_handle(svc->state, rq);
}

static void on_signal(struct service *svc, uint64_t bits)
{
    struct init *in = svc->state;

    if ((bits & SIGNAL_EXIT) != 0) start_check_ends(in);
    if ((bits & SIGNAL_TICK) != 0) in->timer_armed = false;
    start_ready(in);
}

/* Maps the boot image and finds the description in it. */
static void image_read(struct init *in)
{
    struct boot_image_map_in map = {.address = STARTUP_IMAGE};
    struct boot_image_map_out mapped;

    if (boot_image_map(SLOT_BOOT, &map, &mapped) != OK) PANIC("the boot image cannot be mapped");
    if (!image_open((const void *)(STARTUP_IMAGE + mapped.offset), mapped.bytes, &in->image)) {
        PANIC("the boot image has no files");
    }
    const struct image_file *file = image_find(&in->image, "/system/description.bin");
    if (file == NULL) PANIC("no system description");
    const char *wrong =
        description_open(image_data(&in->image, file), file->size, &in->description);
    if (wrong != NULL) {
        print_debug("init: the system description is %s\n", wrong);
        PANIC("a bad system description");
    }
}

static cap_t source_of(struct init *in, uint64_t bits)
{
    cap_t slot;

    if (service_signal_source(&in->service, bits, &slot) != OK) PANIC("no notification");
    return slot;
}

static void service_open(struct init *in)
{
    cap_t endpoint = slot_alloc();
    struct self_endpoint_create_in create = {.slot = endpoint};

    if (self_endpoint_create(CAP_SLOT_SELF, &create) != OK) PANIC("no endpoint");
    in->service = (struct service){
        .state = in,
        .endpoint = endpoint,
        .reply_count = ANSWERS,
        .receive_slots = 1,
        .dispatch = on_request,
        .signal = on_signal,
        .fault = on_fault,
    };
    if (service_init(&in->service) != OK) PANIC("no Replies");
    if (service_bind_notification(&in->service) != OK) PANIC("no notification");
    in->exit_source = source_of(in, SIGNAL_EXIT);
    in->tick_source = source_of(in, SIGNAL_TICK);
}

int main(int argc, char **argv)
{
    struct boot_info_out info;

    (void)argc;
    (void)argv;
    init.main_ticks = ticks_now();
    init.news_out = out_to(init.news, sizeof(init.news));
    if (boot_info(SLOT_BOOT, &info) != OK) PANIC("no Boot");
    init.tick_hz = info.tick_hz;
    if (init.tick_hz < 1000) PANIC("no clock");
    image_read(&init);
    service_open(&init);
    start_prepare(&init);
    start_ready(&init);
    service_run(&init.service);
}
