#include "terminal.h"
#include "idl/console.h"
#include "print.h"
#include "startup.h"

void terminal_print(const char *format, ...)
{
    char text[512];
    va_list args;
    cap_t terminal = startup_cap("terminal");

    va_start(args, format);
    size_t len = print_format_list(text, sizeof(text), format, args);
    va_end(args);
    if (len >= sizeof(text)) len = sizeof(text) - 1;
    if (terminal == 0) return;
    (void)session_write(terminal, &(struct session_write_in){.data = data_from(text, len)});
}
