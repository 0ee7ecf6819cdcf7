/*
 * files_many.c - many files, and long ones: makes them, and looks whether they are what was made.
 *
 *   files_many make DIRECTORY COUNT BYTES     COUNT files of BYTES each
 *   files_many look DIRECTORY COUNT BYTES     all there, and nothing else in their contents
 *   files_many drop DIRECTORY COUNT BYTES
 *   files_many link DIRECTORY COUNT BYTES     COUNT links, the name of what each leads to that long
 *   files_many write FILE PIECES STRIDE       PIECES times 3 KiB, STRIDE bytes from start to start
 *   files_many read FILE PIECES STRIDE
 *   files_many put FILE PIECES 3072           the same through shared memory, 48 KiB at once
 *   files_many get FILE PIECES 3072
 *   files_many area FILE 1 0                  each refusal of it
 *   files_many cut FILE SIZE 0               the file ends there
 *   files_many swap FILE OFFSET OTHER         what is at one 3 KiB comes to the other, and back
 *   files_many cost DIRECTORY COUNT 0         what each operation costs, over COUNT of them
 *
 * At the end it prints the ticks that one took: instructions, where those are what is counted.
 */
#include "files_area.h"

#include "bytes.h"
#include "idl/vfs.h"
#include "print.h"
#include "service.h"
#include "slots.h"
#include "startup.h"
#include "terminal.h"
#include "text.h"

enum { PATH_BYTES = 128 };

cap_t files;
uint64_t piece[PIECE / 8];
static char path[PATH_BYTES];

/* Bytes that follow from a number. */
void fill(uint64_t number, uint32_t bytes)
{
    uint64_t word = number * 0x9e3779b97f4a7c15ull;

    for (uint32_t i = 0; i < (bytes + 7) / 8; i++) {
        word = word * 6364136223846793005ull + 1442695040888963407ull;
        piece[i] = word;
    }
}

int open_at(const char *name, bool write, cap_t *out_file)
{
    const struct directory_open_in in = {
        .path = text_from(name, strlen(name)), .create = write, .write = write};
    struct directory_open_out out = {.file = {.slot = slot_alloc()}};
    int err = directory_open(files, &in, &out);

    *out_file = out.file.slot;
    if (err != OK) slot_discard(out.file.slot);
    return err;
}

int put(cap_t file, uint64_t offset, uint32_t bytes)
{
    const struct file_write_in in = {.offset = offset, .data = data_from(piece, bytes)};
    struct file_write_out out;
    uint32_t tries = 0;
    int err;

    do { /* the same bytes at the same place: twice does no harm */
        err = file_write(file, &in, &out);
    } while (err != OK && call_again(err, &tries));
    return err;
}

static int look(cap_t file, uint64_t offset, uint32_t bytes)
{
    const struct file_read_in in = {.offset = offset, .count = bytes};
    struct file_read_out out;
    int err = file_read(file, &in, &out);

    if (err != OK) return err;
    return out.data.len == bytes && memcmp(out.data.at, piece, bytes) == 0 ? OK : ERR_RANGE;
}

static int link_to(uint32_t bytes)
{
    const struct directory_link_in in = {.path = text_from(path, strlen(path)),
                                         .target = text_from((const char *)piece, bytes)};

    for (uint32_t i = 0; i < bytes; i++) {
        ((char *)piece)[i] = i % 2 != 0 ? '/' : 'a';
    }
    return directory_link(files, &in);
}

static int one_file(const char *what, uint64_t number, uint32_t bytes)
{
    const struct directory_remove_in in = {.path = text_from(path, strlen(path))};
    bool make = strcmp(what, "make") == 0;
    cap_t file;

    if (strcmp(what, "drop") == 0) return directory_remove(files, &in);
    if (strcmp(what, "link") == 0) return link_to(bytes);
    int err = open_at(path, make, &file);
    if (err != OK) return err;
    fill(number, bytes);
    err = make ? put(file, 0, bytes) : look(file, 0, bytes);
    slot_discard(file);
    return err;
}

static int many(const char *what, const char *directory, uint64_t count, uint64_t bytes)
{
    int err = OK;

    for (uint64_t i = 0; err == OK && i < count; i++) {
        print_format(path, sizeof(path), "%s/file%lu", directory, i);
        err = one_file(what, i, (uint32_t)bytes);
        if (err != OK) terminal_print("files_many %s: error %d\n", path, err);
    }
    return err;
}

static int pieces(const char *what, const char *name, uint64_t count, uint64_t stride)
{
    bool write = strcmp(what, "write") == 0;
    cap_t file;
    int err = open_at(name, write, &file);

    for (uint64_t i = 0; err == OK && i < count; i++) {
        fill(i, PIECE);
        err = write ? put(file, i * stride, PIECE) : look(file, i * stride, PIECE);
        if (err != OK) terminal_print("files_many %s at %lu: error %d\n", name, i * stride, err);
    }
    return err;
}

/* 4 KiB are two messages. */
static int block_read(cap_t file)
{
    struct file_read_out out;
    int err = file_read(file, &(struct file_read_in){.offset = 0, .count = PIECE}, &out);

    if (err != OK) return err;
    return file_read(file, &(struct file_read_in){.offset = PIECE, .count = 4096 - PIECE}, &out);
}

static int block_write(cap_t file)
{
    int err = put(file, 0, PIECE);

    return err != OK ? err : put(file, PIECE, 4096 - PIECE);
}

enum measured { READ, WRITE, STAT, OPEN_READ_CLOSE, CREATE, UNLINK, OPERATIONS };

static int operate(enum measured what, const char *directory, cap_t file, uint64_t number)
{
    struct file_stat_out stat;
    cap_t other;

    if (what == READ) return block_read(file);
    if (what == WRITE) return block_write(file);
    if (what == STAT) return file_stat(file, &stat);
    uint64_t name = what == OPEN_READ_CLOSE ? 0 : number + 1;
    print_format(path, sizeof(path), "%s/cost%lu", directory, name);
    if (what == UNLINK) return one_file("drop", 0, 0);
    int err = open_at(path, what == CREATE, &other);
    if (err == OK && what == OPEN_READ_CLOSE) err = block_read(other);
    if (err == OK) slot_discard(other);
    return err;
}

static int cost(const char *directory, uint64_t count)
{
    static const char *const names[] = {
        "read 4 KiB", "write 4 KiB", "stat", "open, read 4 KiB, close", "create", "unlink"};
    cap_t file;

    print_format(path, sizeof(path), "%s/cost0", directory);
    int err = open_at(path, true, &file);
    if (err == OK) err = block_write(file);
    for (uint32_t what = READ; err == OK && what < OPERATIONS; what++) {
        uint64_t start = ticks_now();
        for (uint64_t i = 0; err == OK && i < count; i++) {
            err = operate((enum measured)what, directory, file, i);
        }
        terminal_print("%s: %lu\n", names[what], (ticks_now() - start) / count);
    }
    return err;
}

static int swap(cap_t file, uint64_t offset, uint64_t other)
{
    static uint8_t first[PIECE];
    struct file_read_in in = {.offset = offset, .count = PIECE};
    struct file_read_out out;
    int err = file_read(file, &in, &out);

    if (err != OK || out.data.len != PIECE) return ERR_RANGE;
    memcpy(first, out.data.at, PIECE);
    in.offset = other;
    err = file_read(file, &in, &out);
    if (err != OK || out.data.len != PIECE) return ERR_RANGE;
    memcpy(piece, out.data.at, PIECE);
    err = put(file, offset, PIECE);
    memcpy(piece, first, PIECE);
    return err == OK ? put(file, other, PIECE) : err;
}

/* What is done to a file by who cannot read it. */
static int damage(const char *what, const char *name, uint64_t at, uint64_t other)
{
    cap_t file;
    int err = open_at(name, true, &file);

    if (err != OK) return err;
    bool cuts = strcmp(what, "cut") == 0;
    err = cuts ? file_truncate(file, &(struct file_truncate_in){at}) : swap(file, at, other);
    slot_discard(file);
    return err;
}

int main(int argc, char **argv)
{
    uint64_t count, size, start = ticks_now();

    if (argc != 5 || !text_parse_u64(argv[3], strlen(argv[3]), &count) || count == 0) return 2;
    if (!text_parse_u64(argv[4], strlen(argv[4]), &size)) return 2;
    files = startup_cap("files");
    bool long_one = strcmp(argv[1], "write") == 0 || strcmp(argv[1], "read") == 0;
    bool damages = strcmp(argv[1], "cut") == 0 || strcmp(argv[1], "swap") == 0;
    if (!long_one && !damages && size > PIECE) return 2;
    int err = OK;
    if (damages) {
        err = damage(argv[1], argv[2], count, size);
    } else if (strcmp(argv[1], "cost") == 0) {
        err = cost(argv[2], count);
    } else if (strcmp(argv[1], "put") == 0 || strcmp(argv[1], "get") == 0) {
        err = area_move(argv[2], count, strcmp(argv[1], "put") == 0);
    } else if (strcmp(argv[1], "area") == 0) {
        err = area_refusals(argv[2]);
    } else if (long_one) {
        err = pieces(argv[1], argv[2], count, size);
    } else {
        err = many(argv[1], argv[2], count, size);
    }
    terminal_print("files_many %s: %s, %lu ticks each\n", argv[1], err == OK ? "done" : "WRONG",
                   (ticks_now() - start) / count);
    return err == OK ? 0 : 1;
}
