/* find.c - see find.h. */
#include "find.h"

#include "bytes.h"
#include "text.h"

static const char log_serial[] = "wl-log", reserved[] = "wl-";

bool wanted_parse(int argc, char *const *argv, struct wanted *out)
{
    const char *serial = argc > 1 ? argv[1] : log_serial;
    *out = (struct wanted){.others = argc < 2 || argc == 3};
    if (argc > 3 || (argc == 3 && strcmp(argv[2], "others") != 0)) return false;
    return serial[0] != '\0' && text_copy(out->serial, sizeof(out->serial), serial, strlen(serial));
}

static bool is_other(const struct candidate *c)
{
    return c->labelled && strncmp(c->label, reserved, sizeof(reserved) - 1) != 0;
}

enum find find_next(const struct candidate *list, uint32_t count, const struct wanted *w,
                    uint32_t *out_number)
{
    bool unknown = false;
    for (uint32_t i = 0; i < count; i++) {
        *out_number = i;
        if (list[i].labelled && strcmp(list[i].label, w->serial) == 0) return FIND_OPEN;
    }
    for (uint32_t i = 0; i < count; i++) {
        *out_number = i;
        if (!list[i].labelled && !list[i].taken) return FIND_LOOK;
        unknown = unknown || !list[i].labelled;
    }
    if (unknown) return FIND_WAIT;
    for (uint32_t i = 0; i < count && w->others; i++) {
        *out_number = i;
        if (is_other(&list[i])) return FIND_OPEN;
    }
    return FIND_NONE;
}
