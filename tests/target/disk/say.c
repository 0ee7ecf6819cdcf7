/* say.c - see say.h. */
#include "say.h"

#include "idl/console.h"
#include "print.h"
#include "slots.h"
#include "startup.h"

/* A session takes the foreground: so it is one for each line, and the shell's in between. */
void say(const char *format, ...)
{
    char text[256];
    va_list args;
    struct console_open_out out = {.session = {.slot = slot_alloc()}};
    va_start(args, format);
    size_t len = print_format_list(text, sizeof(text), format, args);
    va_end(args);
    struct session_write_in in = {.data = data_from(text, len)};
    if (console_open(startup_cap("console"), &out) != OK) return;
    (void)session_write(out.session.slot, &in);
    (void)session_close(out.session.slot);
    slot_discard(out.session.slot);
}
