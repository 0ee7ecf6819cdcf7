/*
 * init.c - the first and only program of a Linux guest: loads the virtio modules, reads and writes
 * pages of /dev/vdb around the page cache, counts instructions by the time stamp, powers off.
 *
 * Arguments: REQUESTS, then settings as PATH=VALUE, written to files before the work begins.
 * Under -icount shift=0 the time stamp counts instructions. One line for each kind of work:
 * `FIGURE METHOD OPERATION ORDER DEPTH REQUESTS INSTRUCTIONS`, for compare.py.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

#include "guest.h"
#include "mark.h"
#include "uring.h"

enum { PAGE = 4096, DEPTH = 32, STRETCHES = 5, FEW = 16 };
#define DISK "/dev/vdb"

struct work {
    const char *order;
    bool write, random;
    uint32_t depth;
    uint64_t requests, seed, next;
};

static int disk;
static uint64_t pages;
static uint8_t *data; /* DEPTH pages */
static struct uring ring;

/* As in tests/target/diskbench: the same places in the same order. */
static uint64_t place(struct work *w)
{
    if (!w->random) return w->next++ % pages * PAGE;
    w->seed = w->seed * 6364136223846793005ull + 1442695040888963407ull;
    return (w->seed >> 33) % pages * PAGE;
}

static void by_calls(struct work *w)
{
    for (uint64_t i = 0; i < w->requests; i++) {
        off_t at = (off_t)place(w);
        ssize_t done = w->write ? pwrite(disk, data, PAGE, at) : pread(disk, data, PAGE, at);
        guest_need(done == PAGE, "pread or pwrite");
    }
}

/* `depth` in flight as long as there is work: as many as were completed are given anew. */
static void by_ring(struct work *w)
{
    uint32_t free_count = w->depth, free_pages[DEPTH];
    uint64_t given = 0, done = 0, page;
    for (uint32_t i = 0; i < w->depth; i++) {
        free_pages[i] = i;
    }
    while (done < w->requests) {
        while (free_count > 0 && given < w->requests) {
            uint32_t use = free_pages[--free_count];
            uring_add(&ring, &(struct uring_io){.write = w->write,
                                                .data = data + (size_t)use * PAGE,
                                                .bytes = PAGE,
                                                .at = place(w),
                                                .cookie = use});
            given++;
        }
        guest_need(uring_enter(&ring), "io_uring_enter");
        for (int result; uring_take(&ring, &page, &result); done++) {
            guest_need(result == PAGE, "a request of io_uring");
            free_pages[free_count++] = (uint32_t)page;
        }
    }
}

/* The least of some stretches, so that what runs now and then is not in it. */
static void measure(const char *method, void (*run)(struct work *w), struct work w)
{
    uint64_t least = UINT64_MAX;
    for (uint32_t i = 0; i <= STRETCHES; i++) { /* the first to warm up */
        uint64_t start = __rdtsc();
        mark_begin(0);
        run(&w);
        mark_end();
        uint64_t took = __rdtsc() - start;
        if (i > 0 && took < least) least = took;
    }
    printf("FIGURE %s %s %s %u %lu %lu\n", method, w.write ? "write" : "read",
           w.random ? "random" : "sequential", w.depth, w.requests, least);
}

static void measure_all(uint64_t requests)
{
    for (uint32_t i = 0; i < 4; i++) {
        struct work w = {.write = i & 1, .random = i & 2, .depth = 1, .requests = requests};
        measure("pread", by_calls, w);
        measure("io_uring", by_ring, w);
        w.depth = DEPTH;
        measure("io_uring", by_ring, w);
    }
}

/* For a slow device: so short that the clock runs in few of the stretches. */
static void measure_few(void)
{
    for (uint32_t i = 0; i < 2; i++) {
        struct work w = {.write = i & 1, .depth = 1, .requests = FEW};
        measure("pread", by_calls, w);
        measure("io_uring", by_ring, w);
    }
}

static void disk_open(void)
{
    uint64_t bytes = 0;
    guest_wait(DISK);
    disk = open(DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
    guest_need(disk >= 0 && ioctl(disk, BLKGETSIZE64, &bytes) == 0 && bytes >= PAGE, DISK);
    pages = bytes / PAGE;
    data = mmap(NULL, DEPTH * PAGE, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    guest_need(data != MAP_FAILED, "mmap");
    memset(data, 'x', DEPTH * PAGE);
}

static void set(char *setting)
{
    char *value = strchr(setting, '=');
    if (value == NULL) return;
    *value++ = '\0';
    int fd = open(setting, O_WRONLY | O_CLOEXEC);
    guest_need(fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value), setting);
    close(fd);
}

int main(int argc, char **argv)
{
    guest_begin();
    guest_mount("sysfs", "sysfs", "/sys");
    disk_open();
    for (int i = 2; i < argc; i++) {
        set(argv[i]);
    }
    guest_need(uring_open(&ring, DEPTH, disk, data, DEPTH * PAGE), "io_uring_setup");
    if (argc > 1) measure_all(strtoull(argv[1], NULL, 10));
    measure_few();
    printf("DONE\n");
    guest_end();
}
