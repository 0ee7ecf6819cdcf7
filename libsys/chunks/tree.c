/* tree.c - see tree.h. */
#include "tree.h"

#include <string.h>

static const uint8_t hole[CHUNK_HASH];

bool tree_is_hole(const uint8_t hash[CHUNK_HASH])
{
    return memcmp(hash, hole, CHUNK_HASH) == 0;
}

uint32_t tree_depth(uint64_t blocks)
{
    uint32_t depth = 0;
    for (uint64_t reach = 1; reach < blocks; reach *= TREE_FAN) {
        depth++;
    }
    return depth;
}

/* Blocks below one entry of a page of that height. */
static uint64_t span(uint32_t height)
{
    return 1ull << (7 * (height - 1));
}
_Static_assert(TREE_FAN == 1 << 7, "span()");

static uint32_t entry_of(uint64_t index, uint32_t height)
{
    return (uint32_t)(index / span(height) % TREE_FAN);
}

static enum chunks_result page_load(struct tree_store *s, const uint8_t hash[CHUNK_HASH],
                                    struct tree_page *to)
{
    uint32_t length;
    memcpy(to->hash, hash, CHUNK_HASH);
    if (tree_is_hole(hash)) {
        memset(to->at, 0, sizeof(to->at));
        return CHUNKS_OK;
    }
    struct tree_page *cached = &s->cache[hash[CHUNK_HASH - 1] % TREE_CACHE];
    if (memcmp(cached->hash, hash, CHUNK_HASH) != 0) {
        memset(cached->hash, 0, CHUNK_HASH);
        enum chunks_result result = chunks_get(s->chunks, hash, cached->at, &length);
        if (result != CHUNKS_OK) return result;
        memcpy(cached->hash, hash, CHUNK_HASH);
    }
    memcpy(to->at, cached->at, sizeof(to->at));
    return CHUNKS_OK;
}

static enum chunks_result page_put(struct tree_store *s, const struct tree_page *page,
                                   uint32_t height, uint8_t out_hash[CHUNK_HASH])
{
    uint32_t entries = TREE_FAN;
    while (entries > 0 && tree_is_hole(page->at[entries - 1])) {
        entries--;
    }
    memset(out_hash, 0, CHUNK_HASH);
    if (entries == 0) return CHUNKS_OK;
    const struct chunk_bytes bytes = {page->at, (uint16_t)(entries * CHUNK_HASH), (uint16_t)height};
    return chunks_put(s->chunks, bytes, out_hash);
}

enum chunks_result tree_put(struct tree_store *s, const void *block, uint8_t out_hash[CHUNK_HASH])
{
    const uint64_t *words = block;
    uint32_t length = CHUNKS_BLOCK / 8;
    while (length > 0 && words[length - 1] == 0) {
        length--;
    }
    memset(out_hash, 0, CHUNK_HASH);
    if (length == 0) return CHUNKS_OK;
    length *= 8;
    while (((const uint8_t *)block)[length - 1] == 0) {
        length--;
    }
    const struct chunk_bytes bytes = {.at = block, .length = (uint16_t)length};
    return chunks_put(s->chunks, bytes, out_hash);
}

enum chunks_result tree_find(struct tree_store *s, const struct tree *t, uint64_t index,
                             uint8_t out_hash[CHUNK_HASH])
{
    struct tree_page *page = &s->way[0]; /* no page of a way has that height */
    memcpy(out_hash, t->root, CHUNK_HASH);
    if (tree_depth(index + 1) > t->depth) memset(out_hash, 0, CHUNK_HASH);
    for (uint32_t height = t->depth; height > 0 && !tree_is_hole(out_hash); height--) {
        enum chunks_result result = page_load(s, out_hash, page);
        if (result != CHUNKS_OK) return result;
        memcpy(out_hash, page->at[entry_of(index, height)], CHUNK_HASH);
    }
    return CHUNKS_OK;
}

/* Changing. On the way lie the pages of the place, each the one that its upper one names there. */

static enum chunks_result way_close(struct tree_store *s, struct tree *t, uint32_t upto)
{
    for (uint32_t height = 1; s->on_way && height <= upto; height++) {
        if (!s->changed[height]) continue;
        uint8_t *name = t->root;
        if (height < t->depth) {
            name = s->way[height + 1].at[s->place[height] % TREE_FAN];
            s->changed[height + 1] = true;
        }
        enum chunks_result result = page_put(s, &s->way[height], height, name);
        if (result != CHUNKS_OK) return result;
        s->changed[height] = false;
    }
    return CHUNKS_OK;
}

static enum chunks_result way_go(struct tree_store *s, struct tree *t, uint64_t index)
{
    uint32_t height = t->depth;
    while (height > 0 && s->on_way && s->place[height] == index / span(height + 1)) {
        height--;
    }
    enum chunks_result result = way_close(s, t, height);
    for (; result == CHUNKS_OK && height > 0; height--) {
        const uint8_t *name =
            height == t->depth ? t->root : s->way[height + 1].at[entry_of(index, height + 1)];
        result = page_load(s, name, &s->way[height]);
        s->place[height] = index / span(height + 1);
        s->changed[height] = false;
    }
    s->on_way = result == CHUNKS_OK;
    return result;
}

/* What lies at `from` and above becomes a hole. */
static enum chunks_result cut(struct tree_store *s, struct tree *t, uint64_t from)
{
    if (t->depth == 0) {
        if (from == 0) memset(t->root, 0, CHUNK_HASH);
        return CHUNKS_OK;
    }
    if (tree_depth(from + 1) > t->depth) return CHUNKS_OK;
    enum chunks_result result = way_go(s, t, from);
    for (uint32_t height = 1; result == CHUNKS_OK && height <= t->depth; height++) {
        uint32_t first = entry_of(from, height) + (from % span(height) != 0);
        memset(s->way[height].at[first], 0, (size_t)(TREE_FAN - first) * CHUNK_HASH);
        s->changed[height] = true;
    }
    return result;
}

static enum chunks_result deepen(struct tree_store *s, struct tree *t, uint32_t depth)
{
    enum chunks_result result = CHUNKS_OK;
    struct tree_page *page = &s->way[0];
    for (; result == CHUNKS_OK && t->depth < depth; t->depth++) {
        memset(page->at, 0, sizeof(page->at));
        memcpy(page->at[0], t->root, CHUNK_HASH);
        result = page_put(s, page, t->depth + 1, t->root);
    }
    return result;
}

/* What is above the depth is a hole by now. */
static enum chunks_result flatten(struct tree_store *s, struct tree *t, uint32_t depth)
{
    enum chunks_result result = CHUNKS_OK;
    struct tree_page *page = &s->way[0];
    for (; result == CHUNKS_OK && t->depth > depth; t->depth--) {
        result = page_load(s, t->root, page);
        memcpy(t->root, page->at[0], CHUNK_HASH);
    }
    return result;
}

enum chunks_result tree_update(struct tree_store *s, struct tree *t, const struct tree_change *c)
{
    uint32_t depth = tree_depth(c->blocks);
    struct tree new = *t;
    s->on_way = false;
    enum chunks_result result = cut(s, &new, c->kept);
    if (result == CHUNKS_OK) result = way_close(s, &new, new.depth);
    if (result == CHUNKS_OK) result = flatten(s, &new, depth);
    if (result == CHUNKS_OK) result = deepen(s, &new, depth);
    s->on_way = false;
    for (uint32_t i = 0; result == CHUNKS_OK && i < c->count; i++) {
        const struct tree_edit *e = &c->edits[i];
        if (depth == 0) {
            memcpy(new.root, e->hash, CHUNK_HASH);
            continue;
        }
        result = way_go(s, &new, e->index);
        if (result != CHUNKS_OK) break;
        memcpy(s->way[1].at[e->index % TREE_FAN], e->hash, CHUNK_HASH);
        s->changed[1] = true;
    }
    if (result == CHUNKS_OK) result = way_close(s, &new, depth);
    if (result == CHUNKS_OK) *t = new;
    return result;
}

enum chunks_result tree_mark(struct tree_store *s, const struct tree *t)
{
    uint32_t height = t->depth;
    if (tree_is_hole(t->root) || !chunks_mark(s->chunks, t->root) || height == 0) return CHUNKS_OK;
    enum chunks_result result = page_load(s, t->root, &s->way[height]);
    s->next[height] = 0;
    while (result == CHUNKS_OK && height <= t->depth) {
        if (s->next[height] == TREE_FAN) {
            height++;
            continue;
        }
        const uint8_t *hash = s->way[height].at[s->next[height]++];
        if (tree_is_hole(hash) || !chunks_mark(s->chunks, hash) || height == 1) continue;
        height--;
        s->next[height] = 0;
        result = page_load(s, hash, &s->way[height]);
        if (result == CHUNKS_OK || result == CHUNKS_DEVICE) continue;
        s->next[height] = TREE_FAN; /* what it named is not to be had any more */
        result = CHUNKS_OK;
    }
    return result == CHUNKS_DEVICE ? CHUNKS_DEVICE : CHUNKS_OK;
}
