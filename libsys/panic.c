/* panic.c - see panic.h. */
#include "panic.h"

#include "print.h"

_Noreturn void panic(const char *what, const char *file, int line)
{
    print_debug("panic: %s (%s:%d)\n", what, file, line);
    program_exit(EXIT_PANIC);
}
