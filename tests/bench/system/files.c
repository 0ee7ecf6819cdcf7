/*
 * files.c - operations on files, the same ones in the same order as tests/bench/linux/files.c has
 * them. Each stands between marks of a kind of its own, for the profile.
 */
#include "../mark.h"
#include "bench.h"
#include "bytes.h"
#include "idl/vfs.h"
#include "print.h"
#include "slots.h"
#include "window.h"

#define FILE_NAME "/bench/file"

enum { FILE_ROUNDS = 64, PAGE = 4096, PART = 3072, NAME_BYTES = 32 };
enum file_operation {
    OPEN,
    GET,
    CLOSE,
    ALL,
    STAT,
    PUT,
    READ,
    WRITE,
    CREATE,
    RENAME,
    UNLINK,
    OPERATIONS
};
static const char *const names[OPERATIONS] = {
    "file_open",    "file_get_4k",   "file_close",  "file_all",    "file_stat",  "file_put_4k",
    "file_read_4k", "file_write_4k", "file_create", "file_rename", "file_unlink"};

static cap_t files; /* a Directory with an area */
static char page[PAGE];
static uint32_t costs[OPERATIONS][FILE_ROUNDS];

static cap_t file_open(const char *path, bool create, bool exclusive)
{
    struct directory_open_in in = {.path = text_from(path, strlen(path)),
                                   .create = create,
                                   .exclusive = exclusive,
                                   .write = create};
    struct directory_open_out out = {.file = {.slot = slot_alloc()}};
    NEED(directory_open(files, &in, &out) == OK);
    return out.file.slot;
}

static void area_open(void)
{
    const struct directory_mkdir_in make = {.path = text_from("/bench", 6)};
    const struct directory_subdirectory_in root = {.path = text_from("/", 1)};
    struct directory_subdirectory_out own = {.directory = {.slot = slot_alloc()}};
    struct directory_area_out out = {.memory = {.slot = slot_alloc()}};
    NEED(directory_mkdir(startup_cap("files"), &make) == OK);
    NEED(directory_subdirectory(startup_cap("files"), &root, &own) == OK);
    files = own.directory.slot;
    NEED(directory_area(files, &(struct directory_area_in){.pages = 1}, &out) == OK);
    const struct self_memory_attach_in in = {
        .memory = {.slot = out.memory.slot, .rights = RIGHTS_ALL},
        .address = window_alloc(1),
        .write = true};
    struct self_memory_attach_out attached;
    NEED(self_memory_attach(CAP_SLOT_SELF, &in, &attached) == OK);
}

static void file_get_page(cap_t file)
{
    struct file_get_out out;
    NEED(file_get(file, &(struct file_get_in){.count = PAGE}, &out) == OK && out.count == PAGE);
}

static void file_put_page(cap_t file)
{
    struct file_put_out out;
    NEED(file_put(file, &(struct file_put_in){.count = PAGE}, &out) == OK && out.count == PAGE);
}

/* A message holds 3 KiB: so it takes two. */
static void file_read_page(cap_t file)
{
    for (uint32_t at = 0; at < PAGE; at += PART) {
        struct file_read_in in = {.offset = at, .count = PAGE - at < PART ? PAGE - at : PART};
        struct file_read_out out;
        NEED(file_read(file, &in, &out) == OK && out.data.len == in.count);
    }
}

static void file_write_page(cap_t file)
{
    for (uint32_t at = 0; at < PAGE; at += PART) {
        uint32_t count = PAGE - at < PART ? PAGE - at : PART;
        struct file_write_in in = {.offset = at, .data = data_from(page + at, count)};
        struct file_write_out out;
        NEED(file_write(file, &in, &out) == OK);
    }
}

/* The file is there, and its page is in memory. */
static void one_used(const char *path, uint32_t round, cap_t kept)
{
    const struct directory_stat_in ask = {.path = text_from(path, strlen(path))};
    struct directory_stat_out stat;
    mark_begin(OPEN);
    uint32_t begin = stamp();
    cap_t file = file_open(path, false, false);
    uint32_t opened = stamp();
    mark_end();
    mark_begin(GET);
    uint32_t before_get = stamp();
    file_get_page(file);
    uint32_t done = stamp();
    mark_end();
    mark_begin(CLOSE);
    uint32_t before_close = stamp();
    slot_discard(file);
    uint32_t closed = stamp();
    mark_end();
    mark_begin(STAT);
    uint32_t before_stat = stamp();
    NEED(directory_stat(files, &ask, &stat) == OK && stat.stat.size == PAGE);
    uint32_t known = stamp();
    mark_end();
    mark_begin(PUT);
    uint32_t before_put = stamp();
    file_put_page(kept);
    uint32_t written = stamp();
    mark_end();
    costs[OPEN][round] = opened - begin;
    costs[GET][round] = done - before_get;
    costs[CLOSE][round] = closed - before_close;
    costs[ALL][round] = opened - begin + done - before_get + closed - before_close;
    costs[STAT][round] = known - before_stat;
    costs[PUT][round] = written - before_put;
}

/* The same through messages. */
static void one_sent(uint32_t round, cap_t kept)
{
    mark_begin(READ);
    uint32_t begin = stamp();
    file_read_page(kept);
    uint32_t done = stamp();
    mark_end();
    mark_begin(WRITE);
    uint32_t before = stamp();
    file_write_page(kept);
    uint32_t written = stamp();
    mark_end();
    costs[READ][round] = done - begin;
    costs[WRITE][round] = written - before;
}

static void one_made(uint32_t round)
{
    char first[NAME_BYTES], second[NAME_BYTES];
    print_format(first, sizeof(first), "/bench/made%u", round);
    print_format(second, sizeof(second), "/bench/named%u", round);
    const struct directory_rename_in names_of = {.source = text_from(first, strlen(first)),
                                                 .target = text_from(second, strlen(second))};
    const struct directory_remove_in gone = {.path = names_of.target};
    mark_begin(CREATE);
    uint32_t begin = stamp();
    cap_t file = file_open(first, true, true);
    uint32_t made = stamp();
    mark_end();
    slot_discard(file);
    mark_begin(RENAME);
    uint32_t before_rename = stamp();
    NEED(directory_rename(files, &names_of) == OK);
    uint32_t renamed = stamp();
    mark_end();
    mark_begin(UNLINK);
    uint32_t before_unlink = stamp();
    NEED(directory_remove(files, &gone) == OK);
    uint32_t unlinked = stamp();
    mark_end();
    costs[CREATE][round] = made - begin;
    costs[RENAME][round] = renamed - before_rename;
    costs[UNLINK][round] = unlinked - before_unlink;
}

void rows_files(void)
{
    area_open();
    cap_t kept = file_open(FILE_NAME, true, false);
    file_write_page(kept);
    for (uint32_t i = 0; i < FILE_ROUNDS; i++) {
        one_used(FILE_NAME, i, kept);
    }
    for (uint32_t i = 0; i < FILE_ROUNDS; i++) {
        one_sent(i, kept);
    }
    for (uint32_t i = 0; i < FILE_ROUNDS; i++) {
        one_made(i);
    }
    slot_discard(kept);
    for (uint32_t k = 0; k < OPERATIONS; k++) {
        for (uint32_t i = 0; i < FILE_ROUNDS; i++) {
            sample(costs[k][i]);
        }
        figure(names[k], 1);
    }
}
