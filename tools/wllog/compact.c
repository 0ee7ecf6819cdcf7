/*
 * compact.c - writes the same log anew, by the store's own writer: each record with its number,
 * each boot with its name and chain, in groups as full as they can be. Checkpoints that two newer
 * ones replaced are left out: what they say is the fold of the records before them.
 *
 * The source is read only. What was written is verified, and compared with what was found when the
 * source was verified, before the file gets its name.
 */
#include <errno.h>
#include <inttypes.h>
#include <sodium/crypto_generichash_blake2b.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "output.h"
#include "wllog.h"

enum { GROUPS = 16, MIB_BLOCKS = (1 << 20) / STORE_BLOCK, MIB_MAX = 1 << 24 };
static const char usage[] = "wl-log: usage: wl-log FILE compact OUT [MIB]\n";

struct compact {
    struct image *from, *to;
    struct output out;
    struct store store; /* of OUT */
    struct store_config config;
    bool open; /* there was a boot */
    struct chain chain;
    enum store_result result;
    uint64_t records, left_out; /* of the source: taken; parts of checkpoints that were not */
};

static void pump(struct compact *c)
{
    for (struct store_io io; store_next(&c->store, &io);) {
        store_done(&c->store, io.id, output_do(&c->out, &io));
    }
}

/* All that was appended is in the file. */
static enum store_result settle(struct compact *c)
{
    if (!c->open) return STORE_OK;
    store_sync(&c->store);
    pump(c);
    return store_status(&c->store);
}

/* The log's next boot, as if it were that system's. */
static enum store_result boot_put(struct compact *c, const struct store_boot_note *note)
{
    struct store_figures f;
    enum store_result result = settle(c);
    if (result != STORE_OK) return result;
    c->config.format = c->open ? STORE_FORMAT_NEVER : STORE_FORMAT_ALWAYS;
    c->config.boot = (struct store_boot){.memory = note->memory, .time = note->time};
    memcpy(c->config.boot.id, note->id, sizeof(note->id));
    memcpy(c->config.boot.image, note->image, sizeof(note->image));
    c->config.opening = note->boot;
    store_open(&c->store, &c->config);
    pump(c);
    c->chain = (struct chain){0};
    c->open = true;
    store_figures(&c->store, &f);
    result = store_status(&c->store);
    return result == STORE_OK && f.boot != note->boot ? STORE_ORDER : result;
}

static enum store_result commit_put(struct compact *c, const struct store_commit *kept)
{
    struct chain next = c->chain;
    uint64_t position;
    chain_append(&next, &kept->commit);
    enum store_result result = store_commit(&c->store, &kept->commit, next.head, &position);
    if (result == STORE_OK) c->chain = next;
    return result;
}

static enum store_result part_put(struct compact *c, const struct store_item *item)
{
    uint32_t stream = item->stream & ~STORE_CHECKPOINTS;
    const struct store_stream *of = store_stream(&c->from->store, stream);
    uint64_t position;
    struct store_part part;
    if (of != NULL && of->marks[1].first != UINT64_MAX && item->seq < of->marks[1].first) {
        c->left_out++;
        return STORE_OK;
    }
    memcpy(&part, item->payload, sizeof(part));
    const struct store_blob blob = {.stream = stream,
                                    .at = part.at,
                                    .part = part.part,
                                    .parts = part.parts,
                                    .bytes = (const uint8_t *)item->payload + sizeof(part),
                                    .length = item->length - (uint32_t)sizeof(part)};
    return store_checkpoint(&c->store, &blob, &position);
}

static enum store_result put(struct compact *c, const struct store_item *item)
{
    uint64_t position;
    if (item->stream == STORE_NOTES) {
        return item->type == STORE_NOTE_BOOT ? boot_put(c, item->payload) : STORE_OK;
    }
    if (!c->open) return STORE_ORDER;
    if (item->stream == STORE_KERNEL) return commit_put(c, item->payload);
    if ((item->stream & STORE_CHECKPOINTS) != 0) return part_put(c, item);
    const struct store_record r = {.stream = item->stream,
                                   .type = item->type,
                                   .version = item->version,
                                   .length = item->length,
                                   .payload = item->payload};
    return store_append(&c->store, &r, 1, &position);
}

static bool take(void *of, const struct store_item *item)
{
    struct compact *c = of;
    while ((c->result = put(c, item)) == STORE_BUSY) {
        pump(c);
    }
    c->records = item->record + (c->result == STORE_OK);
    return c->result == STORE_OK;
}

/* Of everything but notes and checkpoints, whose numbers are the writer's own. */
static bool streams_same(const struct store_fold *a, const struct store_fold *b)
{
    for (uint32_t i = 0; i < a->table.streams; i++) {
        const struct store_stream *s = &a->table.stream[i];
        if ((s->number & STORE_CHECKPOINTS) != 0) continue;
        const struct store_stream *t = store_fold_stream(b, s->number);
        if (t == NULL || t->next != s->next) return false;
        if (t->marks[0].at != s->marks[0].at || t->marks[1].at != s->marks[1].at) return false;
    }
    return true;
}

static bool same(const struct store_fold *a, const struct store_fold *b)
{
    const struct store_table *s = &a->table, *t = &b->table;
    return s->boot == t->boot && memcmp(s->boot_id, t->boot_id, STORE_ID_BYTES) == 0 &&
           s->base == t->base && s->count == t->count &&
           memcmp(s->head, t->head, HASH_BYTES) == 0 && s->last_count == t->last_count &&
           memcmp(s->last_head, t->last_head, HASH_BYTES) == 0 && streams_same(a, b) &&
           streams_same(b, a);
}

static int fails(const char *path, const char *what)
{
    fprintf(stderr, "wl-log: %s: %s\n", path, what);
    return NOT_FOUND;
}

/* What was written is read again. */
static int check(struct compact *c)
{
    enum store_result opened = image_open(c->to, c->out.file, c->out.blocks);
    const char *wrong = opened != STORE_OK ? store_text(opened) : image_verify(c->to);
    if (wrong == NULL && !same(&c->from->fold, &c->to->fold)) wrong = "it is not the same log";
    image_close(c->to);
    return wrong == NULL ? DONE : fails(c->out.path, wrong);
}

/* A log of its own: an image that goes on apart from its source is never taken for it. */
static void configure(struct compact *c, bool same_size)
{
    const struct store_super *super = &c->from->store.super;
    struct store_geometry *g = &c->config.geometry;
    crypto_generichash_blake2b_state hash;
    c->config.blocks = c->out.blocks;
    *g = (struct store_geometry){.group_blocks = super->group_blocks,
                                 .window_blocks = super->window_blocks};
    if (same_size) g->segment_blocks = super->segment_blocks;
    if (same_size) g->reserve_blocks = (uint32_t)super->reserve;
    c->config.memory_bytes = store_memory(GROUPS);
    c->config.memory = must(aligned_alloc(STORE_BLOCK, c->config.memory_bytes));
    memcpy(c->config.label, super->label, sizeof(super->label));
    (void)crypto_generichash_blake2b_init(&hash, NULL, 0, STORE_ID_BYTES);
    (void)crypto_generichash_blake2b_update(&hash, super->id, STORE_ID_BYTES);
    (void)crypto_generichash_blake2b_update(&hash, c->from->fold.before, HASH_BYTES);
    (void)crypto_generichash_blake2b_final(&hash, c->config.id, STORE_ID_BYTES);
}

static int copy(struct compact *c)
{
    enum store_result read = image_each(c->from, take, c);
    enum store_result written = c->result == STORE_OK ? settle(c) : c->result;
    if (written == STORE_DEVICE) return fails(c->out.path, strerror(c->out.error));
    if (written == STORE_FULL) {
        fprintf(stderr, "wl-log: %s: full after %" PRIu64 " of %" PRIu64 " records\n", c->out.path,
                c->records, c->from->fold.record);
        return NOT_FOUND;
    }
    if (written != STORE_OK) return fails(c->out.path, store_text(written));
    return read == STORE_END && c->open ? check(c) : fails("the source", store_text(read));
}

static double mib(uint64_t blocks)
{
    return (double)blocks / MIB_BLOCKS;
}

static int tell(struct compact *c, const char *source)
{
    struct store_figures f, old;
    const char *path = c->out.path;
    store_figures(&c->store, &f);
    store_figures(&c->from->store, &old);
    if (!output_finish(&c->out)) return NOT_FOUND;
    printf("%s: boot %" PRIu64 " and those before: %" PRIu64 " commits, in all %" PRIu64 " records",
           path, f.boot, f.base + store_commits(&c->store), f.records);
    printf("; %" PRIu64 " parts of old checkpoints left out\n", c->left_out);
    printf("%s: %.1f of %.1f MiB used; %s: %.1f of %.1f\n", path, mib(f.used), mib(f.blocks),
           source, mib(old.used), mib(old.blocks));
    return DONE;
}

static int write_out(struct compact *c, const char *source, const char *path, uint64_t blocks)
{
    bool same_size = blocks == 0;
    if (!output_open(&c->out, path, same_size ? c->from->store.super.blocks : blocks)) return WRONG;
    configure(c, same_size);
    int status = copy(c);
    if (status == DONE) {
        status = tell(c, source);
    } else {
        output_drop(&c->out);
    }
    free(c->config.memory);
    return status;
}

static int compact(struct compact *c, const char *source, const char *path, uint64_t blocks)
{
    enum store_result opened = store_status(&c->from->store);
    if (opened != STORE_OK && opened != STORE_DAMAGED) {
        (void)fails(source, store_text(opened));
        return WRONG;
    }
    const char *wrong = image_verify(c->from);
    if (wrong == NULL) return write_out(c, source, path, blocks);
    const struct store_where *w = &c->from->where;
    fprintf(stderr, "wl-log: %s: damaged: %s: group %" PRIu64 ", block %" PRIu64 "\n", source,
            wrong, w->group, w->block);
    return NOT_FOUND;
}

int run_compact(const char *source, int count, char **words)
{
    uint64_t mebibytes = 0;
    bool good = count == 2 || (count == 3 && number_parse(words[2], &mebibytes) && mebibytes > 0 &&
                               mebibytes <= MIB_MAX);
    if (!good) {
        fputs(usage, stderr);
        return WRONG;
    }
    FILE *file = fopen(source, "rb");
    if (file == NULL || fseeko(file, 0, SEEK_END) != 0) {
        (void)fails(source, strerror(errno));
        return WRONG;
    }
    struct compact *c = must(calloc(1, sizeof(*c)));
    c->from = must(calloc(2, sizeof(*c->from)));
    c->to = c->from + 1;
    (void)image_open(c->from, file, (uint64_t)ftello(file) / STORE_BLOCK);
    int status = compact(c, source, words[1], mebibytes * MIB_BLOCKS);
    image_close(c->from);
    free(c->from);
    free(c);
    (void)fclose(file);
    return status;
}
