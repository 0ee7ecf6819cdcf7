/*
 * index.c - the entries of a directory as a balanced tree by name (AVL: the heights of two
 * sisters differ by one at most), so that a directory of 10^5 entries is walked in 20 steps.
 */
#include "bytes.h"
#include "state.h"

enum { DEPTH_MAX = 32 }; /* 2^17 nodes are at most 1.45 * 18 high */

/* The links that lead to a place, from the directory's on. */
struct trail {
    uint32_t *links[DEPTH_MAX];
    uint32_t depth;
};

static int compare(const struct vfs *v, uint32_t node, const char *name, uint32_t len)
{
    const struct node *n = &v->nodes[node];
    uint32_t least = len < n->name_len ? len : n->name_len;
    int order = memcmp(name, names_at(v, n->name), least);

    if (order != 0) return order;
    return len == n->name_len ? 0 : len < n->name_len ? -1 : 1;
}

uint32_t index_find(const struct vfs *v, uint32_t directory, const char *name, uint32_t len)
{
    uint32_t at = v->nodes[directory].child;

    while (at != 0) {
        int order = compare(v, at, name, len);
        if (order == 0) return at;
        at = order < 0 ? v->nodes[at].left : v->nodes[at].right;
    }
    return VFS_NONE;
}

uint32_t index_after(const struct vfs *v, uint32_t directory, const char *name, uint32_t len)
{
    uint32_t at = v->nodes[directory].child, best = VFS_NONE;

    while (at != 0) {
        if (compare(v, at, name, len) < 0) {
            best = at;
            at = v->nodes[at].left;
        } else {
            at = v->nodes[at].right;
        }
    }
    return best;
}

static uint32_t height(const struct vfs *v, uint32_t node)
{
    return node == 0 ? 0 : v->nodes[node].height;
}

static void measure(struct vfs *v, uint32_t node)
{
    uint32_t left = height(v, v->nodes[node].left), right = height(v, v->nodes[node].right);

    v->nodes[node].height = (uint8_t)(1 + (left > right ? left : right));
}

/* The left daughter takes its mother's place, and the mother that of her right one. */
static void turn_right(struct vfs *v, uint32_t *link)
{
    uint32_t mother = *link, daughter = v->nodes[mother].left;

    v->nodes[mother].left = v->nodes[daughter].right;
    v->nodes[daughter].right = mother;
    *link = daughter;
    measure(v, mother);
    measure(v, daughter);
}

static void turn_left(struct vfs *v, uint32_t *link)
{
    uint32_t mother = *link, daughter = v->nodes[mother].right;

    v->nodes[mother].right = v->nodes[daughter].left;
    v->nodes[daughter].left = mother;
    *link = daughter;
    measure(v, mother);
    measure(v, daughter);
}

static void balance(struct vfs *v, uint32_t *link)
{
    if (*link == 0) return;
    struct node *n = &v->nodes[*link];
    uint32_t left = height(v, n->left), right = height(v, n->right);
    if (left > right + 1) {
        const struct node *l = &v->nodes[n->left];
        if (height(v, l->right) > height(v, l->left)) turn_left(v, &n->left);
        turn_right(v, link);
    } else if (right > left + 1) {
        const struct node *r = &v->nodes[n->right];
        if (height(v, r->left) > height(v, r->right)) turn_right(v, &n->right);
        turn_left(v, link);
    } else {
        measure(v, *link);
    }
}

/* From the place that changed up to the directory. */
static void trail_mend(struct vfs *v, struct trail *t)
{
    while (t->depth > 0) {
        balance(v, t->links[--t->depth]);
    }
}

static uint32_t *trail_go(struct vfs *v, struct trail *t, uint32_t directory, uint32_t node)
{
    uint32_t *link = &v->nodes[directory].child;
    const char *name = names_at(v, v->nodes[node].name);

    t->depth = 0;
    while (*link != 0 && *link != node) {
        t->links[t->depth++] = link;
        bool before = compare(v, *link, name, v->nodes[node].name_len) < 0;
        link = before ? &v->nodes[*link].left : &v->nodes[*link].right;
    }
    t->links[t->depth++] = link;
    return link;
}

void index_add(struct vfs *v, uint32_t directory, uint32_t node)
{
    struct trail t;
    uint32_t *link = trail_go(v, &t, directory, node);

    v->nodes[node].left = v->nodes[node].right = 0;
    *link = node;
    trail_mend(v, &t);
    v->nodes[directory].entries++;
}

void index_remove(struct vfs *v, uint32_t directory, uint32_t node)
{
    struct trail t;
    struct node *n = &v->nodes[node];
    uint32_t *link = trail_go(v, &t, directory, node);

    if (n->left == 0 || n->right == 0) {
        *link = n->left != 0 ? n->left : n->right;
    } else {
        /* The next one in order takes its place: the leftmost of its right side. */
        uint32_t below = t.depth, *next = &n->right;
        t.links[t.depth++] = next;
        while (v->nodes[*next].left != 0) {
            next = &v->nodes[*next].left;
            t.links[t.depth++] = next;
        }
        uint32_t heir = *next;
        *next = v->nodes[heir].right;
        v->nodes[heir].left = n->left;
        v->nodes[heir].right = n->right;
        *link = heir;
        t.links[below] = &v->nodes[heir].right;
    }
    trail_mend(v, &t);
    n->left = n->right = 0;
    v->nodes[directory].entries--;
}
