/* disk.c - see disk.h. Requests are done in any order; what was written before a flush began is
 * kept when it is done. */
#include "disk.h"

#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "sim.h"

enum { FAULT_EVERY = 2000, SECTOR = 512, DONE_MAX = SIM_FLIGHTS };

static struct flight {
    bool used, done, good;
    uint32_t op, count;
    uint64_t sector, cookie, writes; /* writes: that were done when it came */
    uint8_t *data;                   /* READ: the driver's; WRITE: a copy */
} flights[SIM_FLIGHTS];
static uint8_t *now, *stable;        /* what is read; what a power cut leaves at least */
static uint32_t *dirty, dirty_count; /* sectors that differ */
static uint64_t *written; /* by sector: number of the first write that is not kept; 0: none */
static uint64_t writes;

void disk_setup(void)
{
    now = calloc(SIM_SECTORS, SECTOR);
    stable = calloc(SIM_SECTORS, SECTOR);
    dirty = calloc(SIM_SECTORS, sizeof(*dirty));
    written = calloc(SIM_SECTORS, sizeof(*written));
}

static struct flight *find(bool used, bool done)
{
    for (uint32_t i = 0; i < SIM_FLIGHTS; i++) {
        if (flights[i].used == used && (!used || flights[i].done == done)) return &flights[i];
    }
    return NULL;
}

bool sim_disk_room(void)
{
    return find(false, false) != NULL;
}

bool disk_busy(void)
{
    return find(true, false) != NULL;
}

bool sim_disk_submit(uint32_t op, uint64_t sector, uint32_t count, void *data, uint64_t cookie)
{
    struct flight *f = find(false, false);
    bool data_op = op == BLOCK_READ || op == BLOCK_WRITE;
    if (f == NULL || (!data_op && op != BLOCK_FLUSH)) return false;
    if (data_op && (data == NULL || sector >= SIM_SECTORS || count > SIM_SECTORS - sector))
        return false;
    *f = (struct flight){.used = true,
                         .op = op,
                         .count = count,
                         .sector = sector,
                         .cookie = cookie,
                         .writes = writes,
                         .data = data};
    if (op == BLOCK_WRITE) {
        f->data = malloc((size_t)count * SECTOR);
        memcpy(f->data, data, (size_t)count * SECTOR);
    }
    return true;
}

bool sim_disk_take(uint64_t *out_cookie, bool *out_good)
{
    struct flight *f = find(true, true);
    if (f == NULL) return false;
    *out_cookie = f->cookie;
    *out_good = f->good;
    f->used = false;
    return true;
}

static void sector_write(uint64_t sector, const uint8_t *data)
{
    memcpy(now + sector * SECTOR, data, SECTOR);
    writes++;
    if (written[sector] != 0) return;
    written[sector] = writes;
    dirty[dirty_count++] = (uint32_t)sector;
}

/* Of the dirty sectors those that `keeps` says stay as they are now. */
static void settle(bool (*keeps)(uint32_t sector, uint64_t upto), uint64_t upto, bool others)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < dirty_count; i++) {
        uint32_t sector = dirty[i];
        uint64_t at = (uint64_t)sector * SECTOR;
        if (keeps(sector, upto)) {
            memcpy(stable + at, now + at, SECTOR);
        } else if (others) { /* lost */
            memcpy(now + at, stable + at, SECTOR);
        } else {
            dirty[left++] = sector;
            continue;
        }
        written[sector] = 0;
    }
    dirty_count = left;
}

static bool was_before(uint32_t sector, uint64_t upto)
{
    return written[sector] <= upto;
}

static bool by_chance(uint32_t sector, uint64_t upto)
{
    (void)sector;
    (void)upto;
    return sim_random(2) == 0;
}

static void perform(struct flight *f, bool by_halves)
{
    for (uint32_t i = 0; f->op == BLOCK_WRITE && i < f->count; i++) {
        if (!by_halves || sim_random(2) == 0)
            sector_write(f->sector + i, f->data + (size_t)i * SECTOR);
    }
    if (f->op == BLOCK_READ) memcpy(f->data, now + f->sector * SECTOR, (size_t)f->count * SECTOR);
    if (f->op == BLOCK_FLUSH) settle(was_before, f->writes, false);
}

void disk_step(void)
{
    struct process *driver = &sim.processes[PROGRAM_DISK];
    uint32_t start = sim_random(SIM_FLIGHTS);
    for (uint32_t i = 0; i < SIM_FLIGHTS; i++) {
        struct flight *f = &flights[(start + i) % SIM_FLIGHTS];
        if (!f->used || f->done) continue;
        f->done = true;
        f->good = sim_random(FAULT_EVERY) != 0;
        sim.count.faults += !f->good;
        if (f->good || f->op == BLOCK_WRITE) perform(f, !f->good);
        if (f->op == BLOCK_WRITE) free(f->data);
        object_signal(driver->wake, SIM_SIGNAL_IRQ);
        return;
    }
}

void disk_reset(void)
{
    for (uint32_t i = 0; i < SIM_FLIGHTS; i++) {
        struct flight *f = &flights[i];
        if (f->used && !f->done && f->op == BLOCK_WRITE) {
            perform(f, true);
            free(f->data);
        }
        f->used = false;
    }
}

void disk_power_cut(void)
{
    settle(by_chance, 0, true);
}
