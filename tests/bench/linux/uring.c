/* uring.c - see uring.h. */
#define _GNU_SOURCE
#include "uring.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static void *map(const struct uring *u, size_t bytes, off_t what)
{
    return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, u->fd, what);
}

static bool enroll(const struct uring *u, unsigned int what, const void *list)
{
    return syscall(SYS_io_uring_register, u->fd, what, list, 1) == 0;
}

bool uring_open(struct uring *u, uint32_t depth, int file, void *data, size_t bytes)
{
    struct io_uring_params p = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN};
    const struct iovec area = {data, bytes};
    u->fd = (int)syscall(SYS_io_uring_setup, depth, &p);
    if (u->fd < 0 || p.sq_entries != depth) return false;
    uint8_t *submit = map(u, p.sq_off.array + depth * sizeof(uint32_t), IORING_OFF_SQ_RING);
    uint8_t *complete =
        map(u, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
    u->submissions = map(u, depth * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
    if (submit == MAP_FAILED || complete == MAP_FAILED || u->submissions == MAP_FAILED)
        return false;
    u->depth = depth;
    u->submit_tail = (uint32_t *)(submit + p.sq_off.tail);
    u->indexes = (uint32_t *)(submit + p.sq_off.array);
    u->complete_head = (uint32_t *)(complete + p.cq_off.head);
    u->complete_tail = (uint32_t *)(complete + p.cq_off.tail);
    u->complete_mask = *(uint32_t *)(complete + p.cq_off.ring_mask);
    u->completions = (struct io_uring_cqe *)(complete + p.cq_off.cqes);
    for (uint32_t i = 0; i < depth; i++) {
        u->indexes[i] = i;
    }
    return enroll(u, IORING_REGISTER_BUFFERS, &area) && enroll(u, IORING_REGISTER_FILES, &file);
}

void uring_add(struct uring *u, const struct uring_io *io)
{
    uint32_t tail = *u->submit_tail;
    struct io_uring_sqe *s = &u->submissions[tail & (u->depth - 1)];
    *s = (struct io_uring_sqe){.opcode = io->write ? IORING_OP_WRITE_FIXED : IORING_OP_READ_FIXED,
                               .flags = IOSQE_FIXED_FILE,
                               .off = io->at,
                               .addr = (uintptr_t)io->data,
                               .len = io->bytes,
                               .user_data = io->cookie};
    __atomic_store_n(u->submit_tail, tail + 1, __ATOMIC_RELEASE);
    u->added++;
}

bool uring_enter(struct uring *u)
{
    long given = syscall(SYS_io_uring_enter, u->fd, u->added, 1, IORING_ENTER_GETEVENTS, NULL, 0);
    if (given != (long)u->added) return false;
    u->added = 0;
    return true;
}

bool uring_take(struct uring *u, uint64_t *out_cookie, int *out_result)
{
    uint32_t head = *u->complete_head;
    if (head == __atomic_load_n(u->complete_tail, __ATOMIC_ACQUIRE)) return false;
    const struct io_uring_cqe *c = &u->completions[head & u->complete_mask];
    *out_cookie = c->user_data;
    *out_result = c->res;
    __atomic_store_n(u->complete_head, head + 1, __ATOMIC_RELEASE);
    return true;
}
