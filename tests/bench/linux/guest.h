/* guest.h - what the first and only program of a Linux guest does, whatever it measures. */
#pragma once
#include <stdbool.h>

/* The serial line is standard output, /dev is there, the initial memory's modules are loaded. */
void guest_begin(void);
/* Mounts `from` at a directory that is made. */
void guest_mount(const char *type, const char *from, const char *path);
/* Waits for a device file to come; gives up quietly after some seconds. */
void guest_wait(const char *path);
/* Says `FAILED WHAT: errno` and powers off. */
_Noreturn void guest_fail(const char *what);
_Noreturn void guest_end(void); /* off */

static inline void guest_need(bool good, const char *what)
{
    if (!good) guest_fail(what);
}
