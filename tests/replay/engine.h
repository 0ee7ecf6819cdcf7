/*
 * engine.h - the kernel's core, as it ships, run by the events of a recording.
 *
 * Each step gives the core what the record says, and then looks at what the core recorded itself:
 * event, ARGS and commits have to be the same, byte for byte. A record holds the thread, the time,
 * the result; so whoever runs at the wrong moment, or is told something else, is seen at once.
 */
#pragma once
#include <stdbool.h>

#include "recording.h"

enum { ENGINE_MESSAGE = 1024 };

struct engine {
    uint64_t at; /* events executed: the state is the one after event at - 1 */
    const struct log_rings *rings;
    bool diverged; /* event at - 1 went another way; `message` says how */
    char message[ENGINE_MESSAGE];
};
extern struct engine engine;

/* Executes the next event; false if it diverged. The first one boots. */
bool engine_step(void);
