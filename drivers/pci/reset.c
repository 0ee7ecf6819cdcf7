/* reset.c - see server.h. A reset forgets where the registers are, so they are placed again. */
#include "server.h"

enum { EXPRESS_CONTROL = 8, EXPRESS_RESET = 0x8000, ADVANCED_CONTROL = 4, ADVANCED_RESET = 1 };
enum { POWER_CONTROL = 4, POWER_STATE = 3 };
enum { RESET_MS = 100, POWER_MS = 10, VIRTIO_TRIES = 2000 };
enum { MSIX_CONTROL = 2 };

/* The device ends what it has in flight, and then shows 0. Virtio 1.1, 4.1.4.3.1. */
static bool virtio_reset(const struct function *f)
{
    uint64_t at = f->bars[f->status_bar].base + f->status, window;
    uint32_t tries = 0;
    if (window_look(at & ~(uint64_t)(ROOM_PAGE - 1), 1, &window) != OK) return false;
    volatile uint8_t *status = (volatile uint8_t *)(window + at % ROOM_PAGE);
    *status = 0;
    while (*status != 0 && tries++ < VIRTIO_TRIES) {
        wait_ms(1);
    }
    bool done = *status == 0;
    window_leave(window, 1);
    return done;
}

static void by_capability(const struct bus *b, const struct function *f)
{
    uint16_t at = f->reset_at;
    if (f->reset == RESET_POWER) {
        uint32_t control = config_read(b, f->address, at + POWER_CONTROL, 2);
        config_write(b, f->address, at + POWER_CONTROL, 2, control | POWER_STATE);
        wait_ms(POWER_MS);
        config_write(b, f->address, at + POWER_CONTROL, 2, control & ~(uint32_t)POWER_STATE);
        wait_ms(POWER_MS);
        return;
    }
    if (config_read(b, f->address, at, 1) == CAPABILITY_EXPRESS) {
        uint32_t control = config_read(b, f->address, at + EXPRESS_CONTROL, 2);
        config_write(b, f->address, at + EXPRESS_CONTROL, 2, control | EXPRESS_RESET);
    } else {
        config_write(b, f->address, at + ADVANCED_CONTROL, 1, ADVANCED_RESET);
    }
    wait_ms(RESET_MS); /* within which it need not answer. PCI Express Base 3.0, 6.6.2 */
}

bool function_reset(struct function *f)
{
    struct bus *b = &server.bus;
    uint32_t command = config_read(b, f->address, CONFIG_COMMAND, 2);
    bool done = f->reset != RESET_NONE;
    config_write(b, f->address, CONFIG_COMMAND, 2, command & ~(uint32_t)COMMAND_MASTER);
    if (f->msix != 0) config_write(b, f->address, f->msix + MSIX_CONTROL, 2, 0);
    if (f->reset == RESET_VIRTIO) done = virtio_reset(f);
    if (f->reset == RESET_FUNCTION || f->reset == RESET_POWER) {
        by_capability(b, f);
        bars_restore(b, f);
    }
    return done;
}
