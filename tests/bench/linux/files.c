/*
 * files.c - the first and only program of a Linux guest: what operations on files cost, on tmpfs
 * and on ext4, by the time stamp, which counts instructions. The same ones, in the same order, as
 * tests/bench/system/files.c has them.
 *
 * One line for each: `FIGURE FILESYSTEM OPERATION LEAST MEDIAN`, for files.py.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

#include "guest.h"

enum { PAGE = 4096, ROUNDS = 256 };
enum operation { OPEN, READ, CLOSE, ALL, STAT, WRITE, CREATE, RENAME, UNLINK, OPERATIONS };
static const char *const names[OPERATIONS] = {"open",  "read",   "close",  "all",   "stat",
                                              "write", "create", "rename", "unlink"};

static char page[PAGE];
static uint64_t costs[OPERATIONS][ROUNDS], empty;

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void told(const char *filesystem)
{
    for (int i = 0; i < OPERATIONS; i++) {
        qsort(costs[i], ROUNDS, sizeof(costs[i][0]), by_value);
        printf("FIGURE %s %s %lu %lu\n", filesystem, names[i], costs[i][0] - empty,
               costs[i][ROUNDS / 2] - empty);
    }
}

/* The file is there, and its page is in memory. */
static void one_used(const char *path, int round, int kept)
{
    struct stat st;
    uint64_t begin = __rdtsc();
    int fd = open(path, O_RDONLY);
    uint64_t opened = __rdtsc();
    ssize_t got = pread(fd, page, PAGE, 0);
    uint64_t done = __rdtsc();
    int wrong = close(fd);
    uint64_t closed = __rdtsc();
    wrong |= stat(path, &st);
    uint64_t known = __rdtsc();
    ssize_t put = pwrite(kept, page, PAGE, 0);
    uint64_t written = __rdtsc();
    guest_need(fd >= 0 && got == PAGE && put == PAGE && wrong == 0, path);
    const uint64_t took[] = {opened - begin, done - opened,  closed - done,
                             closed - begin, known - closed, written - known};
    for (int i = OPEN; i <= WRITE; i++) {
        costs[i][round] = took[i];
    }
}

static void one_made(const char *folder, int round)
{
    char first[64], second[64];
    snprintf(first, sizeof(first), "%s/made%d", folder, round);
    snprintf(second, sizeof(second), "%s/named%d", folder, round);
    uint64_t begin = __rdtsc();
    int fd = open(first, O_RDWR | O_CREAT | O_EXCL, 0600);
    uint64_t made = __rdtsc();
    guest_need(fd >= 0 && close(fd) == 0, first);
    uint64_t before = __rdtsc();
    int wrong = rename(first, second);
    uint64_t renamed = __rdtsc();
    wrong |= unlink(second);
    uint64_t gone = __rdtsc();
    guest_need(wrong == 0, second);
    costs[CREATE][round] = made - begin;
    costs[RENAME][round] = renamed - before;
    costs[UNLINK][round] = gone - renamed;
}

static void measure(const char *filesystem, const char *folder)
{
    char path[64];
    snprintf(path, sizeof(path), "%s/bench.file", folder);
    int kept = open(path, O_RDWR | O_CREAT, 0600);
    guest_need(kept >= 0 && pwrite(kept, page, PAGE, 0) == PAGE && fsync(kept) == 0, path);
    for (int i = 0; i < ROUNDS; i++) {
        one_used(path, i, kept);
    }
    for (int i = 0; i < ROUNDS; i++) {
        one_made(folder, i);
    }
    close(kept);
    told(filesystem);
}

int main(void)
{
    guest_begin();
    guest_wait("/dev/vda");
    guest_mount("tmpfs", "tmp", "/tmpfs");
    guest_mount("ext4", "/dev/vda", "/ext4");
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t begin = __rdtsc(), end = __rdtsc();
        if (i == 0 || end - begin < empty) empty = end - begin;
    }
    measure("tmpfs", "/tmpfs");
    measure("ext4", "/ext4");
    printf("DONE\n");
    guest_end();
}
