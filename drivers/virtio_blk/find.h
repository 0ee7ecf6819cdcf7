/*
 * find.h - which of several disks is ours. No system calls.
 *
 * A disk is known by its serial, and that is learned only by asking the device. Whoever looked
 * labels the function at the bus server, so that each device is looked at once, by one driver. A
 * disk whose serial begins with "wl-" is that service's alone; a driver that takes `others` takes
 * the first of the rest if there is none of its own.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { FIND_MAX = 16, FIND_SERIAL_BYTES = 20 };

struct candidate { /* a function of our ids; its place in the list is the number to open it by */
    bool labelled, taken;
    char label[FIND_SERIAL_BYTES + 1];
};
struct wanted {
    char serial[FIND_SERIAL_BYTES + 1];
    bool others;
};
/* As good as not there. */
static inline void candidate_forget(struct candidate *c)
{
    *c = (struct candidate){.labelled = true, .label = "wl-?"};
}
enum find { FIND_OPEN, FIND_LOOK, FIND_WAIT, FIND_NONE };

/* Words of the command line: the serial, and perhaps "others". Without any: the log's. False: it
 * makes no sense. */
bool wanted_parse(int argc, char *const *argv, struct wanted *out);
/* OPEN: it is `out_number`. LOOK: nobody knows what that one is. WAIT: others are looking. */
enum find find_next(const struct candidate *list, uint32_t count, const struct wanted *w,
                    uint32_t *out_number);
