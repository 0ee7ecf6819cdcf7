/* account.c - what users have, and may have. */
#include "bytes.h"
#include "state.h"

static bool is_free(const struct account *a)
{
    return a->bytes == 0 && a->files == 0 && a->bytes_max == 0 && a->files_max == 0;
}

/* The user's, or else the first free one; VFS_NONE: neither. */
static uint32_t place_of(const struct vfs *v, uint64_t user)
{
    uint32_t place = VFS_NONE;

    for (uint32_t i = 0; i < VFS_ACCOUNTS_MAX; i++) {
        bool is_none = is_free(&v->accounts[i]);
        if (!is_none && v->accounts[i].user == user) return i;
        if (is_none && place == VFS_NONE) place = i;
    }
    return place;
}

struct account vfs_account(const struct vfs *v, uint64_t user)
{
    struct account a = {.user = user};
    uint32_t place = place_of(v, user);

    if (place != VFS_NONE && !is_free(&v->accounts[place])) a = v->accounts[place];
    if (user == VFS_SYSTEM) return a;
    if (a.bytes_max == 0) a.bytes_max = VFS_ACCOUNT_BYTES;
    if (a.files_max == 0) a.files_max = VFS_ACCOUNT_FILES;
    return a;
}

bool vfs_account_is_soft(const struct account *a)
{
    return (a->bytes_max != 0 && a->bytes >= a->bytes_max - a->bytes_max / 5) ||
           (a->files_max != 0 && a->files >= a->files_max - a->files_max / 5);
}

uint32_t account_places(const struct vfs *v)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < VFS_ACCOUNTS_MAX; i++) {
        count += is_free(&v->accounts[i]);
    }
    return count;
}

enum vfs_error account_check(const struct vfs *v, uint64_t user, uint64_t bytes, uint32_t files)
{
    const struct account a = vfs_account(v, user);

    if (bytes == 0 && files == 0) return VFS_OK;
    if (place_of(v, user) == VFS_NONE) return VFS_LIMIT;
    if (a.bytes_max != 0 && bytes > 0 && (a.bytes > a.bytes_max || bytes > a.bytes_max - a.bytes)) {
        return VFS_QUOTA;
    }
    if (a.files_max != 0 && files > 0 && (a.files > a.files_max || files > a.files_max - a.files)) {
        return VFS_QUOTA;
    }
    return VFS_OK;
}

static void free_if_empty(struct account *a)
{
    if (is_free(a)) *a = (struct account){0};
}

void account_move(struct vfs *v, uint64_t user, int64_t bytes, int32_t files)
{
    if (bytes == 0 && files == 0) return;
    struct account *a = &v->accounts[place_of(v, user)];
    a->user = user;
    a->bytes += (uint64_t)bytes;
    a->files += (uint32_t)files;
    free_if_empty(a);
}

void account_limit(struct vfs *v, const struct account *limits)
{
    uint32_t place = place_of(v, limits->user);

    if (place == VFS_NONE) return; /* decide refused it */
    struct account *a = &v->accounts[place];
    a->user = limits->user;
    a->bytes_max = limits->bytes_max;
    a->files_max = limits->files_max;
    free_if_empty(a);
}
