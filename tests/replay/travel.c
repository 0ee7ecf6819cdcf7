/* travel.c - see travel.h. */
#include "travel.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks.h"
#include "engine.h"

enum { GO_BACK = 77 /* exit status: wake me at travel->target */, CHECKPOINTS = 64, LEAST = 512 };

struct travel *travel;

void travel_open(void)
{
    travel = mmap(NULL, sizeof(*travel), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (travel == MAP_FAILED) abort();
}

/* Returns in a child, as often as one comes back to here; never in the parent. */
static void checkpoint(void)
{
    fflush(NULL);
    for (;;) {
        int status;
        pid_t pid = fork();
        if (pid == 0) return;
        if (pid < 0) { /* without it, going back takes longer */
            if (engine.at != 0) return;
            abort();
        }
        if (waitpid(pid, &status, 0) != pid) abort();
        bool back = WIFEXITED(status) && WEXITSTATUS(status) == GO_BACK;
        if (!back) _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        if (travel->target < engine.at) _exit(GO_BACK);
    }
}

void travel_go(void)
{
    uint64_t spacing = recording.event_count / CHECKPOINTS + LEAST;
    if (travel->target < engine.at) {
        fflush(NULL);
        _exit(GO_BACK);
    }
    if (engine.at == 0) checkpoint();
    while (engine.at < travel->target && !engine.diverged && engine_step()) {
        bool due = travel->checks != 0 && engine.at % travel->checks == 0;
        if (due && !checks_hold()) break;
        if (engine.at % spacing == 0) checkpoint();
    }
}
