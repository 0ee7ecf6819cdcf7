/*
 * record_test.c - what a record out of the stream may look like. Which fields each type has is said
 * here a second time, as letters: n(ode) p(arent) r(eplaced) o(pen) k(ind) m(ode) f(lag) b(ytes)
 * l(ength of the name) O(ffset) u(ser).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "record.h"

static const char *const has[] = {
    [VFS_MAKE] = "npkmblu",   [VFS_REMOVE] = "nf",        [VFS_RENAME] = "nprbl",
    [VFS_WRITE] = "nbO",      [VFS_TRUNCATE] = "nO",      [VFS_OPEN] = "npokfbu",
    [VFS_CLOSE] = "o",        [VFS_CLOSE_ALL] = NULL,     [VFS_MODE] = "nm",
    [VFS_OWN] = "nu",         [VFS_LIMIT_SET] = "fOu",    [VFS_MOUNT] = "npokm",
    [VFS_UNMOUNT] = "nm",     [VFS_BEGIN] = "O",          [VFS_STORED] = "nfbOu",
    [VFS_NODE] = "npkmfblOu", [VFS_TOUCH] = "nmf",        [VFS_HANDLE] = "nokfbOu",
    [VFS_BLOCK] = "nbOu",     [VFS_STAMP] = "O",          [VFS_LAST] = "Ou",
    [VFS_TOP] = "npkmfbO",    [VFS_CLONE] = "nprkmfblOu", [VFS_OVERLAY] = "npru",
    [VFS_COMMIT] = "np",      [VFS_OVERRIDE] = "npmblu",  [VFS_PLACED] = "nrfbOu",
};
enum { TYPES = sizeof(has) / sizeof(has[0]) };
static const char all[] = "nprokmfblOu";

static void set(struct vfs_record *r, char field, uint32_t value)
{
    switch (field) {
    case 'n':
        r->node = value;
        break;
    case 'p':
        r->parent = value;
        break;
    case 'r':
        r->replaced = value;
        break;
    case 'o':
        r->open = (uint16_t)value;
        break;
    case 'k':
        r->kind = (uint8_t)value;
        break;
    case 'm':
        r->mode = (uint8_t)value;
        break;
    case 'f':
        r->flag = value;
        break;
    case 'b':
        r->len = value;
        break;
    case 'l':
        r->name_len = value;
        break;
    case 'O':
        r->offset = value;
        break;
    case 'u':
        r->user = value;
        break;
    default:
        fail();
    }
}

static struct vfs_record plain(uint32_t type)
{
    struct vfs_record r = {.type = type};

    if (type == VFS_STORED || type == VFS_PLACED) r.len = VFS_HASH_BYTES;
    return r;
}

static void refused(const struct vfs_record *r, const char *why)
{
    const char *problem = vfs_record_problem(r, VFS_RECORD_BYTES(r));

    assert_non_null(problem);
    assert_string_equal(problem, why);
}

static bool uses(uint32_t type, char field)
{
    return strchr(has[type], field) != NULL;
}

static void what_is_not_used_is_zero(void **state)
{
    (void)state;
    for (uint32_t type = 1; type < TYPES; type++) {
        for (const char *f = has[type] != NULL ? all : ""; *f != '\0'; f++) {
            struct vfs_record r = plain(type);
            assert_null(vfs_record_problem(&r, VFS_RECORD_BYTES(&r)));
            if ((type == VFS_STORED || type == VFS_PLACED) && *f == 'b') continue;
            if (*f == 'l' && uses(type, 'b')) r.len = r.len > 0 ? r.len : 1;
            set(&r, *f, 1);
            if (uses(type, *f)) {
                assert_null(vfs_record_problem(&r, VFS_RECORD_BYTES(&r)));
                continue;
            }
            refused(&r, "what it has no use for is not zero");
            vfs_record_clear(&r);
            assert_null(vfs_record_problem(&r, VFS_RECORD_BYTES(&r)));
        }
    }
}

static void lengths_and_types(void **state)
{
    struct vfs_record r = plain(VFS_WRITE);

    (void)state;
    assert_string_equal(vfs_record_problem(&r, 8), "it is too short");
    r.len = 9;
    assert_string_equal(vfs_record_problem(&r, VFS_RECORD_BYTES(&r) + 1), "its length is another");
    assert_string_equal(vfs_record_problem(&r, VFS_RECORD_BYTES(&r) - 1), "its length is another");
    r.len = VFS_WRITE_MAX + 1;
    refused(&r, "its length is another");
    for (uint32_t type = 0; type < TYPES + 2; type++) {
        if (type > 0 && type < TYPES && has[type] != NULL) continue;
        r = plain(type);
        refused(&r, "its type is not known");
    }
    r = plain(VFS_MAKE);
    r.len = 3;
    r.name_len = 4;
    refused(&r, "its name is too long");
    r.len = r.name_len = PATH_NAME_MAX + 1;
    refused(&r, "its name is too long");
    r = plain(VFS_STORED);
    r.len--;
    refused(&r, "its hash has another length");
}

static void values(void **state)
{
    static const struct {
        uint32_t type;
        char field;
        uint32_t good;
        const char *why;
    } most[] = {
        {VFS_MAKE, 'k', NODE_LINK, "its kind is not known"},
        {VFS_OPEN, 'k', FOR_WATCH, "its kind is not known"},
        {VFS_MOUNT, 'k', MOUNT_SERVER, "its kind is not known"},
        {VFS_MODE, 'm', MODE_ALL, "its mode is not known"},
        {VFS_UNMOUNT, 'm', VFS_VIEWS_MAX - 1, "its mode is not known"},
        {VFS_REMOVE, 'f', REMOVE_INSIDE, "its flags are not known"},
        {VFS_TRUNCATE, 'n', VFS_NODES_MAX - 1, "it names what cannot be"},
        {VFS_COMMIT, 'p', VFS_NODES_MAX - 1, "it names what cannot be"},
        {VFS_OVERLAY, 'r', VFS_NODES_MAX - 1, "it names what cannot be"},
        {VFS_CLOSE, 'o', VFS_OPENS_MAX - 1, "it names what cannot be"},
    };
    struct vfs_record r;

    (void)state;
    for (uint32_t i = 0; i < sizeof(most) / sizeof(most[0]); i++) {
        r = plain(most[i].type);
        set(&r, most[i].field, most[i].good);
        assert_null(vfs_record_problem(&r, VFS_RECORD_BYTES(&r)));
        set(&r, most[i].field, most[i].good + 1);
        refused(&r, most[i].why);
    }
    /* None at all is something to say of some only. */
    for (uint32_t type = 1; type < TYPES; type++) {
        if (has[type] == NULL || !uses(type, 'p')) continue;
        r = plain(type);
        r.parent = VFS_NONE;
        bool may = type == VFS_TOP || type == VFS_CLONE;
        assert_int_equal(vfs_record_problem(&r, VFS_RECORD_BYTES(&r)) == NULL, may);
    }
    r = plain(VFS_RENAME);
    r.replaced = VFS_NONE;
    assert_null(vfs_record_problem(&r, VFS_RECORD_BYTES(&r)));
    r = plain(VFS_MOUNT);
    r.open = VFS_NO_OPEN;
    assert_null(vfs_record_problem(&r, VFS_RECORD_BYTES(&r)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_used_is_zero),
        cmocka_unit_test(lengths_and_types),
        cmocka_unit_test(values),
    };

    return cmocka_run_group_tests_name("vfs record", tests, NULL, NULL);
}
