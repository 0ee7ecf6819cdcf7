/*
 * files_load.c - writes to one file through one handle, as fast as it can, and compares: what was
 * answered is there, whoever was killed meanwhile. Says at the end how often it had to ask again.
 */
#include "bytes.h"
#include "idl/vfs.h"
#include "service.h"
#include "slots.h"
#include "startup.h"
#include "terminal.h"
#include "text.h"

enum { WORDS = 64, COMPARE_EVERY = 16, TRIES = 1000 };

static uint64_t written[WORDS];
static uint64_t again;

/* Only calls that can be done twice. */
static bool once_more(int err)
{
    if (err != ERR_PEER_DIED && err != ERR_CAP_LOST && err != ERR_CANCELLED) return false;
    again++;
    return true;
}

static int put(cap_t file, uint32_t at, uint64_t value)
{
    struct file_write_in in = {.offset = at * sizeof(value),
                               .data = data_from(&value, sizeof(value))};
    int err = file_write(file, &in);
    for (uint32_t i = 0; i < TRIES && once_more(err); i++) {
        err = file_write(file, &in);
    }
    return err;
}

static int compare(cap_t file)
{
    struct file_read_in in = {.offset = 0, .count = sizeof(written)};
    struct file_read_out out;
    int err = file_read(file, &in, &out);
    for (uint32_t i = 0; i < TRIES && once_more(err); i++) {
        err = file_read(file, &in, &out);
    }
    if (err != OK) return err;
    return out.data.len == sizeof(written) && memcmp(out.data.at, written, sizeof(written)) == 0
               ? OK
               : ERR_RANGE;
}

int main(int argc, char **argv)
{
    uint64_t seconds = 1, hz = startup_page()->tick_hz, start = ticks_now(), i = 0;
    struct directory_open_out out = {.file = {.slot = slot_alloc()}};

    if (argc != 3 || !text_parse_u64(argv[2], strlen(argv[2]), &seconds)) return 2;
    struct directory_open_in in = {
        .path = text_from(argv[1], strlen(argv[1])), .create = true, .write = true};
    int err = directory_open(startup_cap("files"), &in, &out);
    for (uint32_t at = 0; err == OK && at < WORDS; at++) {
        err = put(out.file.slot, at, 0);
    }
    for (; err == OK && (ticks_now() - start) / hz < seconds; i++) {
        uint64_t value = i * 0x9e3779b97f4a7c15ull;
        err = put(out.file.slot, (uint32_t)(i % WORDS), value);
        written[i % WORDS] = value;
        if (err == OK && i % COMPARE_EVERY == 0) err = compare(out.file.slot);
    }
    if (err == OK) err = compare(out.file.slot);
    terminal_print("files_load %s: %s (%d) after %lu writes, %lu of them asked again\n", argv[1],
                   err == OK ? "all there" : "WRONG", err, i, again);
    return err == OK ? 0 : 1;
}
