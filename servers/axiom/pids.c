/* pids.c - see pids.h. */
#include "pids.h"

uint32_t pid_take(uint32_t *next, uint32_t entries, bool (*is_free)(uint32_t pid))
{
    for (uint32_t pid = *next; pid <= PID_MAX && pid - *next < entries; pid++) {
        if (!is_free(pid)) continue;
        *next = pid + 1;
        return pid;
    }
    return 0;
}
