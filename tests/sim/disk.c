/* disk.c - see disk.h. Requests are done in any order; what was written before a flush began is
 * kept when it is done. Once a bit flips in what was kept. */
#include "disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "sim.h"

enum { SECTOR = 512, DONE_MAX = SIM_FLIGHTS, FLIP_TRIES = 64, COPIES = 16 };
/* Writes since, after which what stands there is no more the last thing of all: that one, if it is
 * damaged, looks as if a power cut had torn it. */
enum { FLIP_AGE = 24 };

struct flight {
    bool used, done, good;
    uint32_t op, count;
    uint64_t sector, cookie, writes; /* writes: that were done when it came */
    uint8_t *data;                   /* READ: the driver's; WRITE: a copy */
};
static struct disk {
    struct flight flights[SIM_FLIGHTS];
    uint8_t *now, *stable;        /* what is read; what a power cut leaves at least */
    uint32_t *dirty, dirty_count; /* sectors that differ */
    uint64_t *written; /* by sector: number of the first write that is not kept; 0: none */
    uint64_t *last;    /* by sector: number of the last request that wrote it; 0: none */
    uint32_t *touched, touched_count; /* sectors that were ever written */
    uint64_t writes, requests;        /* of sectors; of the driver, to write */
    uint64_t orphans; /* writes so far, when who had made them ended: who flushes them? */
    uint64_t lured;   /* step in which one of these was read, as long as it can be lost */
    uint32_t sectors;
} disks[DISKS];

/* The keystore reads all of its disk when it is unlocked. */
static const uint32_t sizes[] = {1 << 19, 1 << 17, 1 << 13};

void disk_setup(void)
{
    for (struct disk *d = disks; d < disks + DISKS; d++) {
        d->sectors = sizes[d - disks];
        d->now = calloc(d->sectors, SECTOR);
        d->stable = calloc(d->sectors, SECTOR);
        d->dirty = calloc(d->sectors, sizeof(*d->dirty));
        d->written = calloc(d->sectors, sizeof(*d->written));
        d->last = calloc(d->sectors, sizeof(*d->last));
        d->touched = calloc(d->sectors, sizeof(*d->touched));
    }
}

/* Of the driver that asks. */
static struct disk *own(void)
{
    return &disks[number_of(sim.current->process) - FIRST_DISK];
}

uint32_t sim_disk_sectors(void)
{
    return own()->sectors;
}

const char *sim_disk_serial(void)
{
    static const char *const serials[] = {"wl-log", "wl-files", "wl-keys"};
    return serials[own() - disks];
}

static struct flight *find(struct disk *d, bool used, bool done)
{
    for (uint32_t i = 0; i < SIM_FLIGHTS; i++) {
        struct flight *f = &d->flights[i];
        if (f->used == used && (!used || f->done == done)) return f;
    }
    return NULL;
}

bool sim_disk_room(void)
{
    return find(own(), false, false) != NULL;
}

bool disk_busy(uint32_t disk)
{
    return find(&disks[disk], true, false) != NULL;
}

bool sim_disk_submit(uint32_t op, uint64_t sector, uint32_t count, void *data, uint64_t cookie)
{
    struct flight *f = find(own(), false, false);
    bool data_op = op == BLOCK_READ || op == BLOCK_WRITE;
    if (f == NULL || (!data_op && op != BLOCK_FLUSH)) return false;
    if (data_op && (data == NULL || sector >= own()->sectors || count > own()->sectors - sector))
        return false;
    *f = (struct flight){.used = true,
                         .op = op,
                         .count = count,
                         .sector = sector,
                         .cookie = cookie,
                         .writes = own()->writes,
                         .data = data};
    if (op == BLOCK_WRITE) {
        f->data = malloc((size_t)count * SECTOR);
        memcpy(f->data, data, (size_t)count * SECTOR);
    }
    return true;
}

bool sim_disk_take(uint64_t *out_cookie, bool *out_good)
{
    struct flight *f = find(own(), true, true);
    if (f == NULL) return false;
    *out_cookie = f->cookie;
    *out_good = f->good;
    f->used = false;
    return true;
}

static void sector_write(struct disk *d, uint64_t sector, const uint8_t *data)
{
    memcpy(d->now + sector * SECTOR, data, SECTOR);
    d->writes++;
    if (d->last[sector] == 0) d->touched[d->touched_count++] = (uint32_t)sector;
    d->last[sector] = d->requests;
    if (d->written[sector] != 0) return;
    d->written[sector] = d->writes;
    d->dirty[d->dirty_count++] = (uint32_t)sector;
}

/* Of the dirty sectors those that were written up to then, or any, stay as they are now. The others
 * are lost, or stay dirty. */
static void settle(struct disk *d, uint64_t upto, bool by_chance)
{
    uint32_t left = 0;
    bool orphaned = false;
    for (uint32_t i = 0; i < d->dirty_count; i++) {
        uint32_t sector = d->dirty[i];
        uint64_t at = (uint64_t)sector * SECTOR;
        if (by_chance ? sim_random(2) == 0 : d->written[sector] <= upto) {
            memcpy(d->stable + at, d->now + at, SECTOR);
        } else if (by_chance) {
            memcpy(d->now + at, d->stable + at, SECTOR);
            sim.count.lost++;
        } else {
            d->dirty[left++] = sector;
            orphaned = orphaned || d->written[sector] <= d->orphans;
            continue;
        }
        d->written[sector] = 0;
    }
    d->dirty_count = left;
    if (!orphaned) d->lured = 0;
}

/* Reads what a process that has ended wrote, and a power cut may still take. */
static void lure(struct disk *d, const struct flight *f)
{
    for (uint64_t s = f->sector; d->lured == 0 && s < f->sector + f->count; s++) {
        if (d->written[s] != 0 && d->written[s] <= d->orphans) d->lured = sim.step;
    }
}

uint64_t disk_lured(void)
{
    uint64_t first = 0;
    for (const struct disk *d = disks; d < disks + DISKS; d++) {
        if (d->lured != 0 && (first == 0 || d->lured < first)) first = d->lured;
    }
    return first;
}

void disk_user_ends(uint32_t disk)
{
    disks[disk].orphans = disks[disk].writes;
}

/* Of what is there twice: superblocks, anchors, heads. */
static bool is_copy(const struct disk *d, uint32_t sector)
{
    return sector < COPIES || (d == disks && sector >= d->sectors - COPIES);
}

/* A sector that was kept long ago, or UINT32_MAX. */
static uint32_t flip_choose(struct disk *d, bool copy)
{
    for (uint32_t i = 0; i < FLIP_TRIES && d->touched_count > 0; i++) {
        uint32_t near = sim_random(COPIES), sector = d->touched[sim_random(d->touched_count)];
        if (copy) sector = sim_random(2) == 0 ? near : d->sectors - 1 - near;
        bool old = d->last[sector] + FLIP_AGE <= d->requests && d->written[sector] == 0;
        if (old && d->last[sector] != 0 && is_copy(d, sector) == copy) return sector;
    }
    return UINT32_MAX;
}

static bool flip(struct disk *d, bool copy)
{
    uint32_t sector = flip_choose(d, copy);
    if (sector == UINT32_MAX) return false;
    uint64_t at = (uint64_t)sector * SECTOR + sim_random(SECTOR);
    uint8_t bit = (uint8_t)(1u << sim_random(8));
    d->now[at] ^= bit;
    d->stable[at] ^= bit;
    sim.flip = (struct flip){.done = true, .copy = copy, .disk = (uint32_t)(d - disks)};
    sim.count.flips++;
    sim.count.copies += copy;
    if (sim.says)
        printf("step %lu: a bit flips on disk %u, sector %u\n", sim.step, sim.flip.disk, sector);
    return true;
}

void disk_flip(uint32_t disk, bool copy)
{
    for (uint32_t i = 0; i < DISKS && !sim.flip.done; i++) {
        (void)flip(&disks[(disk + i) % DISKS], copy);
    }
}

static void perform(struct disk *d, struct flight *f, bool by_halves)
{
    uint64_t at = f->sector * SECTOR, bytes = (uint64_t)f->count * SECTOR;
    sim.count.torn += f->op == BLOCK_WRITE && by_halves;
    d->requests += f->op == BLOCK_WRITE;
    for (uint32_t i = 0; f->op == BLOCK_WRITE && i < f->count; i++) {
        if (!by_halves || sim_random(2) == 0)
            sector_write(d, f->sector + i, f->data + (size_t)i * SECTOR);
    }
    if (f->op == BLOCK_READ) memcpy(f->data, d->now + at, bytes);
    if (f->op == BLOCK_READ) lure(d, f);
    if (f->op == BLOCK_FLUSH) settle(d, f->writes, false);
}

void disk_step(uint32_t disk)
{
    struct disk *d = &disks[disk];
    uint32_t start = sim_random(SIM_FLIGHTS);
    for (uint32_t i = 0; i < SIM_FLIGHTS; i++) {
        struct flight *f = &d->flights[(start + i) % SIM_FLIGHTS];
        if (!f->used || f->done) continue;
        f->done = true;
        f->good = sim.quiet || sim_random(sim_fault_every()) != 0;
        sim.count.faults += !f->good;
        if (f->good || f->op == BLOCK_WRITE) perform(d, f, !f->good);
        if (f->op == BLOCK_WRITE) free(f->data);
        object_signal(sim.processes[FIRST_DISK + disk].wake, SIM_SIGNAL_IRQ);
        return;
    }
}

void disk_reset(uint32_t disk)
{
    struct disk *d = &disks[disk];
    for (uint32_t i = 0; i < SIM_FLIGHTS; i++) {
        struct flight *f = &d->flights[i];
        if (f->used && !f->done && f->op == BLOCK_WRITE) {
            perform(d, f, true);
            free(f->data);
        }
        f->used = false;
    }
}

void disk_power_cut(void)
{
    for (uint32_t i = 0; i < DISKS; i++) {
        settle(&disks[i], 0, true);
    }
}
