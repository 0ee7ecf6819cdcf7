/* main.c - logbench: hashing, folding and keeping of commits, to be counted. */
#include "logbench.h"
#include "panic.h"
#include "say.h"

void figure(enum kind kind, uint64_t count)
{
    say("FIGURE %u %lu\n", kind, count);
}

int main(void)
{
    measure_world();
    measure_appending();
    say("DONE\n");
    return EXIT_OK;
}
