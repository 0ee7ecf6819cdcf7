/* log.c - see log.h. */
#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"
#include "verify.h"

enum { GROUPS = 8, COMMITS_FIRST = 4096, NODES_FIRST = 4096, NODES_MAX = 1 << 24 };

static void *must(void *memory)
{
    if (memory != NULL) return memory;
    fprintf(stderr, "wl-log: no memory\n");
    exit(2);
}

static struct boot *boot_add(struct log *l)
{
    l->boots = must(realloc(l->boots, (l->boot_count + 1) * sizeof(*l->boots)));
    struct boot *b = &l->boots[l->boot_count++];
    *b = (struct boot){.room = COMMITS_FIRST};
    b->commits = must(calloc(b->room, sizeof(*b->commits)));
    b->tags = l->is_image ? must(calloc(b->room, TAG_BYTES)) : NULL;
    return b;
}

static void commit_add(struct boot *b, const struct commit *c, const uint8_t *tag)
{
    if (b->count == b->room) {
        b->room *= 2;
        b->commits = must(realloc(b->commits, b->room * sizeof(*b->commits)));
        if (b->tags != NULL) b->tags = must(realloc(b->tags, b->room * TAG_BYTES));
    }
    b->commits[b->count] = *c;
    if (b->tags != NULL) memcpy(b->tags[b->count], tag, TAG_BYTES);
    b->count++;
}

static void item_add(struct log *l, const struct store_item *item)
{
    l->records = item->record + 1;
    l->groups = item->group + 1;
    if (item->stream == STORE_NOTES && item->type == STORE_NOTE_BOOT) {
        struct boot *b = boot_add(l);
        memcpy(&b->note, item->payload, sizeof(b->note));
    }
    if (item->stream != STORE_KERNEL || l->boot_count == 0) return;
    const struct store_commit *c = item->payload;
    commit_add(&l->boots[l->boot_count - 1], &c->commit, c->tag);
}

static enum store_io_result do_io(FILE *f, const struct store_io *io)
{
    if (io->op != STORE_READ) return STORE_IO_FAILED;
    if (fseeko(f, (off_t)(io->block * STORE_BLOCK), SEEK_SET) != 0) return STORE_IO_FAILED;
    size_t got = fread(io->data, STORE_BLOCK, io->blocks, f);
    if (got == io->blocks) return STORE_IO_OK;
    return ferror(f) ? STORE_IO_FAILED : STORE_IO_SHORT;
}

static enum store_result open_image(struct store *s, FILE *f, uint64_t blocks)
{
    struct store_config config = {.blocks = blocks, .read_only = true};
    struct store_io io;
    config.memory_bytes = store_memory(GROUPS);
    config.memory = must(aligned_alloc(STORE_BLOCK, config.memory_bytes));
    store_open(s, &config);
    while (store_next(s, &io)) {
        store_done(s, io.id, do_io(f, &io));
    }
    return store_status(s);
}

/* Every hash and rule, from the first group on. */
static void check_image(struct log *l, const struct store *s, FILE *f, void *memory, uint64_t bytes)
{
    struct store_verify *v = must(calloc(1, sizeof(*v)));
    struct store_io io;
    enum store_fault fault;
    enum store_result result;
    store_verify_begin(v, s, memory, bytes);
    while ((result = store_verify(v)) == STORE_WAIT) {
        if (store_verify_next(v, &io)) store_verify_done(v, do_io(f, &io));
    }
    if (result != STORE_END) {
        l->is_damaged = true;
        l->damage = store_text(result);
    }
    if (result == STORE_DAMAGED) {
        l->damage = store_tamper_text(store_verify_damage(v, &fault, &l->where));
    }
    free(v);
}

static void read_image(struct log *l, const struct store *s, FILE *f)
{
    struct store_reader r;
    struct store_item item;
    struct store_io io;
    enum store_result result;
    uint64_t bytes = store_reader_memory(s);
    void *memory = must(aligned_alloc(STORE_BLOCK, bytes));
    check_image(l, s, f, memory, bytes);
    store_read_begin(&r, s, memory, bytes);
    store_read_from(&r, STORE_ALL, 0);
    while ((result = store_read(&r, &item)) == STORE_OK || result == STORE_WAIT) {
        if (result == STORE_OK) {
            item_add(l, &item);
        } else if (store_read_next(&r, &io)) {
            store_read_done(&r, do_io(f, &io));
        }
    }
    if (result != STORE_END && !l->is_damaged) {
        l->is_damaged = true;
        l->damage = store_text(result);
    }
    free(memory);
}

static bool read_as_image(struct log *l, FILE *f, uint64_t blocks)
{
    struct store *s = must(calloc(1, sizeof(*s)));
    enum store_result result = open_image(s, f, blocks);
    bool readable = result == STORE_OK || result == STORE_DAMAGED;
    l->is_image = true;
    if (readable) read_image(l, s, f);
    if (!readable) fprintf(stderr, "wl-log: %s: %s\n", l->path, store_text(result));
    free(s->config.memory);
    free(s);
    return readable;
}

/* A file of records begins with the BOOT record, number 0. */
static bool read_as_records(struct log *l, FILE *f)
{
    struct commit c;
    struct boot *b = boot_add(l);
    rewind(f);
    while (fread(&c, sizeof(c), 1, f) == 1) {
        commit_add(b, &c, NULL);
    }
    if (ftello(f) % (off_t)sizeof(c) == 0) return true;
    l->is_damaged = true;
    l->damage = "the file ends within a record";
    return true;
}

bool log_read(struct log *l, const char *path)
{
    *l = (struct log){.path = path};
    FILE *f = fopen(path, "rb");
    struct commit first = {0};
    if (f == NULL || fseeko(f, 0, SEEK_END) != 0) {
        fprintf(stderr, "wl-log: %s: %s\n", path, strerror(errno));
        if (f != NULL) fclose(f);
        return false;
    }
    uint64_t bytes = (uint64_t)ftello(f);
    rewind(f);
    bool whole = fread(&first, sizeof(first), 1, f) == 1;
    bool records = whole && first.seq == 0 && first.op == COMMIT_BOOT && first.dst == 0;
    bool read = records ? read_as_records(l, f) : read_as_image(l, f, bytes / STORE_BLOCK);
    fclose(f);
    return read;
}

void log_free(struct log *l)
{
    for (uint32_t i = 0; i < l->boot_count; i++) {
        free(l->boots[i].commits);
        free(l->boots[i].tags);
    }
    free(l->boots);
}

bool log_fold(const struct boot *b, uint64_t count, struct reduce *out, const char **out_why)
{
    for (uint32_t nodes = NODES_FIRST; nodes <= NODES_MAX; nodes *= 2) {
        enum reduce_result result = REDUCE_OK;
        reduce_init(out, must(malloc(reduce_bytes(nodes))), nodes);
        while (result == REDUCE_OK && out->count < count && out->count < b->count) {
            result = reduce_apply(out, &b->commits[out->count]);
        }
        if (result != REDUCE_FULL) {
            *out_why = reduce_text(result);
            return result == REDUCE_OK;
        }
        fold_free(out);
    }
    *out_why = reduce_text(REDUCE_FULL);
    reduce_init(out, must(malloc(reduce_bytes(NODES_FIRST))), NODES_FIRST);
    return false;
}

void fold_free(struct reduce *r)
{
    free(r->nodes);
}
