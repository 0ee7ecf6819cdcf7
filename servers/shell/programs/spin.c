/* spin.c - computes for some seconds, or for ever, and asks for nothing. */
#include "bytes.h"
#include "startup.h"
#include "terminal.h"
#include "text.h"

int main(int argc, char **argv)
{
    uint64_t seconds = UINT64_MAX, hz = startup_page()->tick_hz, start = ticks_now();

    if (argc > 1 && !text_parse_u64(argv[1], strlen(argv[1]), &seconds)) return 2;
    while ((ticks_now() - start) / hz < seconds) {
    }
    terminal_print("spun for %lu s\n", seconds);
    return 0;
}
