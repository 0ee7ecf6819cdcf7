/*
 * names.c - a store of texts of at most 1024 bytes: pieces of 16, 32, .. 1024 bytes, each kind with
 * a list of those given back; the first word of a free piece leads to the next one. Pieces are
 * never cut or joined: the same texts take the most room that they once took together.
 */
#include "bytes.h"
#include "state.h"

static uint32_t class_of(uint32_t len)
{
    uint32_t class = 0;

    while ((uint32_t)VFS_NAMES_UNIT << class < len) {
        class ++;
    }
    return class;
}

uint32_t names_units(uint32_t len)
{
    return 1u << class_of(len);
}

const char *names_at(const struct vfs *v, uint32_t at)
{
    return v->names + (size_t)at * VFS_NAMES_UNIT;
}

bool names_have_room(const struct vfs *v, uint32_t len)
{
    uint32_t class = class_of(len);

    if (v->names_free[class] != NAMES_NONE) return true;
    return v->names_fresh + (1u << class) <= VFS_NAMES_BYTES / VFS_NAMES_UNIT;
}

uint32_t names_put(struct vfs *v, const char *text, uint32_t len)
{
    uint32_t class = class_of(len), at = v->names_free[class];

    if (at != NAMES_NONE) {
        memcpy(&v->names_free[class], names_at(v, at), sizeof(uint32_t));
    } else {
        at = v->names_fresh;
        v->names_fresh += 1u << class;
    }
    v->names_used += 1u << class;
    char *place = v->names + (size_t)at * VFS_NAMES_UNIT;
    memset(place, 0, (size_t)VFS_NAMES_UNIT << class);
    memcpy(place, text, len);
    return at;
}

void names_drop(struct vfs *v, uint32_t at, uint32_t len)
{
    uint32_t class = class_of(len);
    char *place = v->names + (size_t)at * VFS_NAMES_UNIT;

    memcpy(place, &v->names_free[class], sizeof(uint32_t));
    v->names_free[class] = at;
    v->names_used -= 1u << class;
}
