/* image.c - see image.h. */
#include "image.h"

#include <stdlib.h>
#include <string.h>

enum { GROUPS = 8 };

void *must(void *memory)
{
    if (memory != NULL) return memory;
    fprintf(stderr, "wl-log: no memory\n");
    exit(2);
}

static enum store_io_result do_io(FILE *f, const struct store_io *io)
{
    if (io->op != STORE_READ) return STORE_IO_FAILED;
    if (fseeko(f, (off_t)(io->block * STORE_BLOCK), SEEK_SET) != 0) return STORE_IO_FAILED;
    size_t got = fread(io->data, STORE_BLOCK, io->blocks, f);
    if (got == io->blocks) return STORE_IO_OK;
    return ferror(f) ? STORE_IO_FAILED : STORE_IO_SHORT;
}

enum store_result image_open(struct image *i, FILE *file, uint64_t blocks)
{
    struct store_config config = {.blocks = blocks, .read_only = true};
    struct store_io io;
    memset(i, 0, sizeof(*i));
    i->file = file;
    i->blocks = blocks;
    config.memory_bytes = store_memory(GROUPS);
    config.memory = must(aligned_alloc(STORE_BLOCK, config.memory_bytes));
    store_open(&i->store, &config);
    while (store_next(&i->store, &io)) {
        store_done(&i->store, io.id, do_io(file, &io));
    }
    enum store_result result = store_status(&i->store);
    if (result == STORE_OK || result == STORE_DAMAGED)
        i->memory = must(aligned_alloc(STORE_BLOCK, store_reader_memory(&i->store)));
    return result;
}

void image_close(struct image *i)
{
    free(i->store.config.memory);
    free(i->memory);
}

const char *image_verify(struct image *i)
{
    struct store_verify *v = must(calloc(1, sizeof(*v)));
    struct store_io io;
    enum store_fault fault;
    enum store_result result;
    const char *wrong = NULL;
    store_verify_begin(v, &i->store, i->memory, store_reader_memory(&i->store));
    while ((result = store_verify(v)) == STORE_WAIT) {
        if (store_verify_next(v, &io)) store_verify_done(v, do_io(i->file, &io));
    }
    if (result != STORE_END) wrong = store_text(result);
    if (result == STORE_DAMAGED) {
        wrong = store_tamper_text(store_verify_damage(v, &fault, &i->where));
    }
    i->fold = v->fold;
    free(v);
    return wrong;
}

enum store_result image_each(struct image *i, bool (*take)(void *of, const struct store_item *),
                             void *of)
{
    struct store_reader r;
    struct store_item item;
    struct store_io io;
    enum store_result result;
    store_read_begin(&r, &i->store, i->memory, store_reader_memory(&i->store));
    store_read_from(&r, STORE_ALL, 0);
    while ((result = store_read(&r, &item)) == STORE_OK || result == STORE_WAIT) {
        if (result == STORE_OK && !take(of, &item)) return STORE_OK;
        if (result == STORE_WAIT && store_read_next(&r, &io)) {
            store_read_done(&r, do_io(i->file, &io));
        }
    }
    return result;
}
