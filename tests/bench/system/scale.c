/* scale.c - what an operation costs when there is much of something else: rows of a series, named
 * scale/SERIES/NUMBER. */
#include "bench.h"
#include "bytes.h"
#include "idl/stream.h"
#include "idl/vfs.h"
#include "memory.h"
#include "print.h"
#include "slots.h"
#include "window.h"

enum { SCALE_ROUNDS = 32, PEERS_MAX = 16, NAME_MAX = 48, RECORD = 96, SYNC_EVERY = 32 };

static void figure_at(const char *series, uint32_t number)
{
    char name[NAME_MAX];
    (void)print_format(name, sizeof(name), "scale/%s/%u", series, number);
    figure(name, 1);
}

static void raw_calls(cap_t to)
{
    for (uint32_t i = 0; i < SCALE_ROUNDS; i++) {
        struct message m = {.info = msg_info(MEMORY_INFO, 0, 0, 0)};
        uint32_t start = stamp();
        enum err e = sys_call(to, 0, &m);
        sample(stamp() - start);
        NEED(e == OK);
    }
}

static void memory_calls(cap_t memory)
{
    for (uint32_t i = 0; i < SCALE_ROUNDS; i++) {
        struct memory_info_out out;
        uint32_t start = stamp();
        int e = memory_info(memory, &out);
        sample(stamp() - start);
        NEED(e == OK);
    }
}

static cap_t memory_new(void)
{
    struct self_memory_create_in in = {.address = window_alloc(1), .pages = 1};
    struct self_memory_create_out out = {.memory = {.slot = slot_alloc()}};
    NEED(self_memory_create(CAP_SLOT_SELF, &in, &out) == OK);
    return out.memory.slot;
}

/* While so many processes wait. */
static void among_processes(cap_t memory)
{
    static struct peer peers[PEERS_MAX];
    cap_t first = 0;
    for (uint32_t n = 1; n <= PEERS_MAX; n++) {
        struct peer *p = &peers[n - 1];
        p->endpoint = new_endpoint();
        peer_start("raw", p);
        if (n == 1) first = new_badge(p->endpoint, 7);
        if ((n & (n - 1)) != 0) continue;
        raw_calls(first);
        figure_at("call_among_processes", n);
        memory_calls(memory);
        figure_at("axiom_call_among_processes", n);
    }
    for (uint32_t n = 0; n < PEERS_MAX; n++) {
        peer_end(&peers[n]);
    }
}

static cap_t open_path(const char *path, bool create)
{
    struct directory_open_in in = {
        .path = text_from(path, strlen(path)), .create = create, .write = create};
    struct directory_open_out out = {.file = {.slot = slot_alloc()}};
    NEED(directory_open(startup_cap("files"), &in, &out) == OK);
    return out.file.slot;
}

static uint64_t commits_now(void)
{
    struct self_sync_out out;
    NEED(self_sync(CAP_SLOT_SELF, &out) == OK);
    return out.commits;
}

/* A file opened and read in a directory of so many. */
static void among_files(void)
{
    static const uint32_t numbers[] = {1, 10, 100, 400};
    static const char folder[] = "/bench.files";
    struct directory_mkdir_in in = {.path = text_from(folder, sizeof(folder) - 1)};
    uint32_t made = 0;
    NEED(directory_mkdir(startup_cap("files"), &in) == OK);
    for (uint32_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++) {
        uint32_t reads[SCALE_ROUNDS];
        char path[NAME_MAX];
        for (; made < numbers[k]; made++) {
            (void)print_format(path, sizeof(path), "%s/%u", folder, made + 10000);
            slot_discard(open_path(path, true));
            if (made % SYNC_EVERY == 0) (void)commits_now(); /* so that its end is seen */
        }
        (void)commits_now();
        (void)print_format(path, sizeof(path), "%s/%u", folder, made / 2 + 10000);
        for (uint32_t i = 0; i < SCALE_ROUNDS; i++) {
            struct file_read_in ask = {.offset = 0, .count = 1};
            struct file_read_out out;
            uint32_t start = stamp();
            cap_t file = open_path(path, false);
            uint32_t opened = stamp();
            NEED(file_read(file, &ask, &out) == OK);
            reads[i] = stamp() - opened;
            sample(opened - start);
            slot_discard(file);
        }
        figure_at("open_among_files", numbers[k]);
        for (uint32_t i = 0; i < SCALE_ROUNDS; i++) {
            sample(reads[i]);
        }
        figure_at("read_among_files", numbers[k]);
    }
}

/* When so many thousand commits have been. */
static void among_commits(cap_t memory)
{
    static const uint32_t thousands[] = {10, 15, 20, 30, 40};
    uint64_t at = window_alloc(1);
    for (uint32_t k = 0; k < sizeof(thousands) / sizeof(thousands[0]); k++) {
        while (commits_now() < thousands[k] * 1000) {
            for (uint32_t i = 0; i < SCALE_ROUNDS; i++) {
                NEED(memory_map(at, 1, RIGHT_READ) == OK && memory_unmap(at, 1) == OK);
            }
        }
        memory_calls(memory);
        figure_at("axiom_call_among_kilocommits", thousands[k]);
        for (uint32_t i = 0; i < SCALE_ROUNDS; i++) {
            uint32_t start = stamp();
            NEED(memory_map(at, 1, RIGHT_READ) == OK);
            sample(stamp() - start);
            NEED(memory_unmap(at, 1) == OK);
        }
        figure_at("axiom_map_among_kilocommits", thousands[k]);
    }
}

/* A record more where there are so many. */
static void among_records(void)
{
    static const uint32_t numbers[] = {10, 100, 1000, 3000};
    static const char record[RECORD];
    cap_t stream = startup_cap("stream");
    struct stream_info_out info;
    NEED(stream_info(stream, &info) == OK);
    uint64_t next = info.next;
    for (uint32_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++) {
        for (uint32_t left = SCALE_ROUNDS; left > 0; next++) {
            struct stream_append_in in = {.sequence = next,
                                          .record = data_from(record, sizeof(record))};
            struct stream_append_out out;
            uint32_t start = stamp();
            int e = stream_append(stream, &in, &out);
            uint32_t end = stamp();
            NEED(e == OK);
            if (next - info.next < numbers[k]) continue;
            sample(end - start);
            left--;
        }
        figure_at("append_among_records", numbers[k]);
    }
}

void rows_scale(void)
{
    cap_t memory = memory_new();
    among_processes(memory);
    among_files();
    among_records();
    among_commits(memory);
}
