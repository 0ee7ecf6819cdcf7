/*
 * files_load.c - writes to one file through one handle, as fast as it can, and compares: what was
 * answered is there, whoever was killed meanwhile. Says at the end how often it had to ask again.
 *
 *   files_load FILE SECONDS     writes on from where the file ends
 *   files_load FILE look        how many writes made what is there: without a gap, and none half
 */
#include "bytes.h"
#include "idl/vfs.h"
#include "service.h"
#include "slots.h"
#include "startup.h"
#include "terminal.h"
#include "text.h"

enum { PLACES = 8, WORDS = 32, COMPARE_EVERY = 16, SAY_EVERY = 16, TRIES = 1000 };
enum { SAYS_A_SECOND = 20 }; /* at the most: a serial line takes no more */
#define FACTOR 0x9e3779b97f4a7c15ull
#define INVERSE 0xf1de83e19937733dull
_Static_assert(FACTOR *INVERSE == 1, "a write's number from its words");

static uint64_t written[PLACES][WORDS];
static uint64_t again;

/* Only calls that can be done twice. */
static bool once_more(int err)
{
    if (err != ERR_PEER_DIED && err != ERR_CAP_LOST && err != ERR_CANCELLED) return false;
    again++;
    return true;
}

/* Write `number` fills its place with words that tell the number. */
static int put(cap_t file, uint64_t number)
{
    uint64_t *place = written[number % PLACES];
    for (uint32_t i = 0; i < WORDS; i++) {
        place[i] = number * FACTOR;
    }
    struct file_write_in in = {.offset = number % PLACES * sizeof(written[0]),
                               .data = data_from(place, sizeof(written[0]))};
    struct file_write_out out;
    int err = file_write(file, &in, &out);
    for (uint32_t i = 0; i < TRIES && once_more(err); i++) {
        err = file_write(file, &in, &out);
    }
    return err;
}

static int read(cap_t file, struct file_read_out *out)
{
    struct file_read_in in = {.offset = 0, .count = sizeof(written)};
    int err = file_read(file, &in, out);
    for (uint32_t i = 0; i < TRIES && once_more(err); i++) {
        err = file_read(file, &in, out);
    }
    return err;
}

static int compare(cap_t file)
{
    struct file_read_out out;
    int err = read(file, &out);
    if (err != OK) return err;
    /* Before the last place was written once, the file is shorter. */
    bool same = memcmp(out.data.at, written, out.data.len) == 0;
    return same && out.data.len % sizeof(written[0]) == 0 ? OK : ERR_RANGE;
}

/* What the first `count` writes leave; they begin with number 1. */
static void written_after(uint64_t count)
{
    memset(written, 0, sizeof(written));
    for (uint64_t n = count < PLACES ? 1 : count - PLACES + 1; n <= count; n++) {
        for (uint32_t i = 0; i < WORDS; i++) {
            written[n % PLACES][i] = n * FACTOR;
        }
    }
}

/* How many writes made what is there. */
static int count(cap_t file, uint64_t *out_count)
{
    struct file_read_out out;
    int err = read(file, &out);
    uint64_t word;
    *out_count = 0;
    if (err != OK) return err;
    for (uint32_t at = 0; at + sizeof(word) <= out.data.len; at += sizeof(word)) {
        memcpy(&word, (const uint8_t *)out.data.at + at, sizeof(word));
        if (word * INVERSE > *out_count) *out_count = word * INVERSE;
    }
    if (*out_count > UINT32_MAX) return ERR_RANGE;
    written_after(*out_count);
    uint64_t end = *out_count < PLACES ? *out_count + 1 : PLACES;
    if (out.data.len != (*out_count == 0 ? 0 : end * sizeof(written[0]))) return ERR_RANGE;
    return memcmp(out.data.at, written, out.data.len) == 0 ? OK : ERR_RANGE;
}

static int load(cap_t file, const char *name, uint64_t seconds)
{
    uint64_t hz = startup_page()->tick_hz, start = ticks_now(), said = 0, before, n;
    int err = count(file, &before);
    for (n = before + 1; err == OK && (ticks_now() - start) / hz < seconds; n++) {
        err = put(file, n);
        if (err == OK && n % COMPARE_EVERY == 0) err = compare(file);
        if (err != OK || n % SAY_EVERY != 0 || ticks_now() - said < hz / SAYS_A_SECOND) continue;
        terminal_print("files_load %s: %lu.\n", name, n);
        said = ticks_now();
    }
    if (err == OK) err = compare(file);
    terminal_print("files_load %s: %s (%d) after %lu writes, %lu of them asked again\n", name,
                   err == OK ? "all there" : "WRONG", err, n - before - 1, again);
    return err;
}

int main(int argc, char **argv)
{
    struct directory_open_out out = {.file = {.slot = slot_alloc()}};
    uint64_t seconds = 0, writes = 0;

    if (argc != 3) return 2;
    bool look = strcmp(argv[2], "look") == 0;
    if (!look && !text_parse_u64(argv[2], strlen(argv[2]), &seconds)) return 2;
    struct directory_open_in in = {
        .path = text_from(argv[1], strlen(argv[1])), .create = !look, .write = !look};
    int err = directory_open(startup_cap("files"), &in, &out);
    if (err == OK && !look) err = load(out.file.slot, argv[1], seconds);
    if (err == OK && look) err = count(out.file.slot, &writes);
    if (look) {
        terminal_print("files_load %s: %lu writes, %s\n", argv[1], writes,
                       err == OK                    ? "whole"
                       : err == DIRECTORY_NOT_FOUND ? "no file"
                                                    : "WRONG");
    }
    return err;
}
