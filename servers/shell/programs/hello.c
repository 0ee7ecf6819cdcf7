/* hello.c - the smallest program. */
#include "startup.h"
#include "terminal.h"

int main(int argc, char **argv)
{
    terminal_print("hello from process %u", startup_page()->pid);
    for (int i = 1; i < argc; i++) {
        terminal_print(" %s", argv[i]);
    }
    terminal_print("\n");
    return 0;
}
