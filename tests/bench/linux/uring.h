/*
 * uring.h - as much of io_uring as reads and writes of one file need, with the file and the memory
 * registered: what costs least. By system calls, for liburing is no part of the C library.
 */
#pragma once
#include <linux/io_uring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uring {
    int fd;
    uint32_t depth;                  /* entries; a power of two */
    uint32_t *submit_tail, *indexes; /* shared with the kernel */
    uint32_t *complete_head, *complete_tail;
    struct io_uring_sqe *submissions;
    struct io_uring_cqe *completions;
    uint32_t complete_mask, added;
};
struct uring_io {
    bool write;
    void *data;
    uint32_t bytes;
    uint64_t at, cookie;
};

bool uring_open(struct uring *u, uint32_t depth, int file, void *data, size_t bytes);
/* There is room: no more than `depth` are in flight. */
void uring_add(struct uring *u, const struct uring_io *io);
/* Gives what was added to the kernel, and waits until something is completed. */
bool uring_enter(struct uring *u);
bool uring_take(struct uring *u, uint64_t *out_cookie, int *out_result);
