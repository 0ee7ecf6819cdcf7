/* disk.h - the device that driver.c finds, and its power. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { SIM_FLIGHTS = 32, SIM_SIGNAL_IRQ = 1 };

const char *sim_disk_serial(void);
uint32_t sim_disk_sectors(void);
/* What the driver asks. `op`: as in block.h. False: no such request. */
bool sim_disk_room(void);
bool sim_disk_submit(uint32_t op, uint64_t sector, uint32_t count, void *data, uint64_t cookie);
bool sim_disk_take(uint64_t *out_cookie, bool *out_good);

/* What the simulator does. */
void disk_setup(void);
bool disk_busy(uint32_t disk);
void disk_step(uint32_t disk);  /* a request is done, any of them; the driver is interrupted */
void disk_reset(uint32_t disk); /* the driver ended: what is under way happens, or does not */
void disk_power_cut(void);      /* what was not flushed happens, or does not, sector by sector */
/* A bit, of this one rather than of another, if there is one now; in what stands there twice. */
void disk_flip(uint32_t disk, bool copy);
void disk_user_ends(uint32_t disk);
/* The step since which somebody knows what one who ended wrote and a power cut would take, or 0. */
uint64_t disk_lured(void);
