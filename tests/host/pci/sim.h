/*
 * sim.h - a bus for tests: functions with 256 bytes of configuration space each, of which only the
 * bits that a mask names can be written, behind bridges that pass on what their numbers say.
 */
#pragma once
#include "bus.h"

enum { SIM_FUNCTIONS = 128, SIM_BYTES = 256 };

struct sim_function {
    uint8_t bytes[SIM_BYTES], mask[SIM_BYTES];
    int parent;    /* index of its bridge, -1 none */
    uint8_t place; /* device << 3 | function */
};

struct sim {
    struct sim_function list[SIM_FUNCTIONS];
    int count;
    bool wild;                    /* reads give anything, anew each time */
    uint32_t reads;               /* of configuration space */
    uint32_t answers_while_sized; /* registers were all ones while it answered: never */
    uint64_t seed;
};
extern struct sim sim;

void sim_reset(void);
uint32_t sim_random(void);
struct config_port sim_port(void);
struct sim_function *sim_add(int parent, uint8_t place, uint32_t ids);
struct sim_function *sim_bridge(int parent, uint8_t place);
void sim_put(struct sim_function *f, uint32_t at, uint32_t bytes, uint32_t value);
uint32_t sim_get(const struct sim_function *f, uint32_t at, uint32_t bytes);
void sim_allow(struct sim_function *f, uint32_t at, uint32_t bytes, uint32_t mask);
/* Registers of 2^bits bytes: kind as enum bar_kind. */
void sim_bar(struct sim_function *f, uint32_t index, int kind, uint32_t bits, uint64_t base);
/* A capability at `at`, in front of the list. */
void sim_capability(struct sim_function *f, uint8_t at, uint8_t id);
