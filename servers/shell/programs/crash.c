/* crash.c - faults on purpose, in the way its argument says, to show the report. */
#include "bytes.h"
#include "terminal.h"

__attribute__((noinline)) static int inner(const char *how)
{
    if (strcmp(how, "read") == 0) return *(volatile int *)0x10;
    if (strcmp(how, "write") == 0) *(volatile int *)0x10 = 1;
    if (strcmp(how, "execute") == 0) ((void (*)(void))0x7ff00000)();
    if (strcmp(how, "invalid") == 0) __builtin_trap();
    if (strcmp(how, "syscall") == 0)
        __asm__ volatile("syscall" : : "a"(1) : "rcx", "r11", "memory");
    return 0;
}

__attribute__((noinline)) static int outer(const char *how)
{
    return inner(how) + 1; /* so that this is no tail call, and stands in the backtrace */
}

int main(int argc, char **argv)
{
    if (argc == 2) (void)outer(argv[1]); /* comes back if it knows no such way */
    terminal_print("crash: no such way\nusage: crash read|write|execute|invalid|syscall\n");
    return 2;
}
