/* files_area.c - files through memory that the file server shares: moved, and refused. */
#include "files_area.h"

#include "bytes.h"
#include "idl/axiom.h"
#include "idl/vfs.h"
#include "service.h"
#include "slots.h"
#include "startup.h"
#include "terminal.h"
#include "window.h"

enum {
    PAGES = 16,
    PAGE = 4096,
    AT_ONCE = 12 * PAGE / PIECE, /* whole blocks */
    TRIES = 1000
};

static uint8_t *area;
static cap_t own; /* a Directory with an area */

static int area_open(uint32_t pages)
{
    const struct directory_subdirectory_in root = {.path = text_from("/", 1)};
    struct directory_subdirectory_out out = {.directory = {.slot = slot_alloc()}};
    struct directory_area_out memory = {.memory = {.slot = slot_alloc()}};
    int err = directory_subdirectory(files, &root, &out);

    own = out.directory.slot;
    if (err == OK) err = directory_area(own, &(struct directory_area_in){pages}, &memory);
    const struct self_memory_attach_in in = {
        .memory = {.slot = memory.memory.slot, .rights = RIGHTS_ALL},
        .address = window_alloc(pages),
        .write = true};
    struct self_memory_attach_out attached;
    if (err == OK) err = self_memory_attach(CAP_SLOT_SELF, &in, &attached);
    area = (uint8_t *)in.address;
    return err;
}

static int open_own(const char *name, bool write, cap_t *out_file)
{
    cap_t root = files;

    files = own;
    int err = open_at(name, write, out_file);
    files = root;
    return err;
}

/* What the server says that it cannot now goes as a message, which waits; after it was started anew
 * there is no area, and so all goes that way. */
static int move_out(cap_t file, uint64_t offset, uint32_t bytes)
{
    for (uint32_t done = 0; done < bytes;) {
        const struct file_put_in in = {.offset = offset + done, .at = done, .count = bytes - done};
        struct file_put_out out = {.count = 0};
        int err = file_put(file, &in, &out);
        if (err == FILE_BUSY || err == FILE_NO_AREA || err == ERR_PEER_DIED) {
            out.count = bytes - done < PIECE ? bytes - done : PIECE;
            memcpy(piece, area + done, out.count);
            err = put(file, offset + done, out.count);
        }
        if (err != OK) return err;
        done += out.count;
    }
    return OK;
}

static int move_in(cap_t file, uint64_t offset, uint32_t bytes)
{
    for (uint32_t done = 0; done < bytes;) {
        const struct file_get_in in = {.offset = offset + done, .at = done, .count = bytes - done};
        struct file_get_out out = {.count = 0};
        int err = file_get(file, &in, &out);
        if (err != OK) return err;
        if (out.count == 0) return ERR_RANGE;
        done += out.count;
    }
    return OK;
}

int area_move(const char *name, uint64_t count, bool write)
{
    cap_t file = 0;
    int err = area_open(PAGES);

    if (err == OK) err = open_own(name, write, &file);
    for (uint64_t i = 0; err == OK && i < count; i += AT_ONCE) {
        uint32_t some = count - i < AT_ONCE ? (uint32_t)(count - i) : AT_ONCE;
        if (!write) err = move_in(file, i * PIECE, some * PIECE);
        for (uint32_t k = 0; err == OK && k < some; k++) {
            fill(i + k, PIECE);
            if (write) memcpy(area + (uint64_t)k * PIECE, piece, PIECE);
            if (!write && memcmp(area + (uint64_t)k * PIECE, piece, PIECE) != 0) err = ERR_RANGE;
        }
        if (err == OK && write) err = move_out(file, i * PIECE, some * PIECE);
        if (err != OK) terminal_print("files_many %s at %lu: error %d\n", name, i * PIECE, err);
    }
    return err;
}

static int wrong;

static void expect(const char *what, int err, int wanted)
{
    if (err == wanted) return;
    terminal_print("files_many: %s: %d, not %d\n", what, err, wanted);
    wrong = ERR_RANGE;
}

static int get(cap_t file, uint32_t at, uint32_t count)
{
    struct file_get_out out;

    return file_get(file, &(struct file_get_in){.at = at, .count = count}, &out);
}

static int put_at(cap_t file, uint32_t at, uint32_t count)
{
    struct file_put_out out;

    return file_put(file, &(struct file_put_in){.at = at, .count = count}, &out);
}

/* Deaths are told late: axiom is asked to tell them now. */
static int after_the_directory(cap_t file)
{
    struct self_sync_out synced;
    int err = OK;

    slot_discard(own);
    for (uint32_t i = 0; i < TRIES && err != FILE_NO_AREA; i++) {
        (void)self_sync(CAP_SLOT_SELF, &synced);
        err = get(file, 0, 1);
    }
    return err;
}

int area_refusals(const char *name)
{
    struct directory_area_out out = {.memory = {.slot = slot_alloc()}};
    cap_t file, read_only, other, remote;

    expect("of everybody", directory_area(files, &(struct directory_area_in){1}, &out),
           DIRECTORY_DENIED);
    int err = area_open(2);
    if (err == OK) err = open_own(name, true, &file);
    if (err == OK) err = put(file, 0, PIECE);
    if (err == OK) err = open_own(name, false, &read_only);
    if (err == OK) err = open_at(name, true, &other);
    if (err == OK) err = open_own("/sys/uptime", false, &remote);
    if (err != OK) return err;
    expect("another size", directory_area(own, &(struct directory_area_in){3}, &out),
           DIRECTORY_LIMIT);
    expect("too many pages", directory_area(own, &(struct directory_area_in){17}, &out), ERR_RANGE);
    expect("at its end", get(file, 2 * PAGE - 1, 1), OK);
    expect("past it", get(file, 2 * PAGE, 1), ERR_RANGE);
    expect("far past it", get(file, UINT32_MAX, 2), ERR_RANGE);
    expect("more than it", put_at(file, 1, 2 * PAGE), ERR_RANGE);
    expect("more than a put", put_at(file, 0, 65537), ERR_RANGE);
    expect("read only", put_at(read_only, 0, 1), FILE_READ_ONLY);
    expect("through another", get(other, 0, 1), FILE_NO_AREA);
    expect("another server's", get(remote, 0, 1), FILE_NO_AREA);
    expect("without its Directory", after_the_directory(file), FILE_NO_AREA);
    return wrong;
}
