/* log.c - see log.h. */
#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

enum { COMMITS_FIRST = 4096, NODES_FIRST = 4096, NODES_MAX = 1 << 24 };

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
    if (item->stream == LIFELOG_STREAM) lives_take(l, item->payload, item->length);
    if (item->stream != STORE_KERNEL || l->boot_count == 0) return;
    const struct store_commit *c = item->payload;
    commit_add(&l->boots[l->boot_count - 1], &c->commit, c->tag);
}

static bool take(void *of, const struct store_item *item)
{
    item_add(of, item);
    return true;
}

static void read_image(struct log *l, struct image *i)
{
    l->damage = image_verify(i);
    l->where = i->where;
    enum store_result result = image_each(i, take, l);
    if (l->damage == NULL && result != STORE_END) l->damage = store_text(result);
    l->is_damaged = l->damage != NULL;
}

static bool read_as_image(struct log *l, FILE *f, uint64_t blocks)
{
    struct image *i = must(malloc(sizeof(*i)));
    enum store_result result = image_open(i, f, blocks);
    bool readable = result == STORE_OK || result == STORE_DAMAGED;
    l->is_image = true;
    if (readable) read_image(l, i);
    if (!readable) fprintf(stderr, "wl-log: %s: %s\n", l->path, store_text(result));
    image_close(i);
    free(i);
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
        free(l->boots[i].lives);
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
