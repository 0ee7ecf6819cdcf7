/* image_test.c - the table of files in the boot image. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "image.h"

enum { TABLE_OFFSET = 0x9000, BYTES = 4096 + 2 * 4096 };

static uint8_t bytes[BYTES] __attribute__((aligned(4096)));
static struct image image;

static struct image_file *files(void)
{
    return (struct image_file *)bytes;
}

static int setup(void **state)
{
    (void)state;
    memset(bytes, 0, sizeof(bytes));
    files()[0] = (struct image_file){.path = "/bin/a", .offset = TABLE_OFFSET + 4096, .size = 10};
    files()[1] = (struct image_file){.path = "/bin/b", .offset = TABLE_OFFSET + 8192, .size = 4096};
    memcpy(bytes + 4096, "contents", 8);
    return 0;
}

static void finds(void **state)
{
    (void)state;
    assert_true(image_open(bytes, BYTES, &image));
    assert_int_equal(image.count, 2);
    const struct image_file *file = image_find(&image, "/bin/a");
    assert_non_null(file);
    assert_memory_equal(image_data(&image, file), "contents", 8);
    assert_null(image_find(&image, "/bin/"));
}

static void refuses(void **state)
{
    (void)state;
    assert_false(image_open(bytes, 0, &image));
    assert_false(image_open(bytes, 95, &image));
    assert_false(image_open(bytes, BYTES - 1, &image));
    files()[1].size++;
    assert_false(image_open(bytes, BYTES, &image));
    setup(NULL);
    files()[1].offset = TABLE_OFFSET;
    assert_false(image_open(bytes, BYTES, &image));
    setup(NULL);
    files()[1].offset = UINT64_MAX;
    assert_false(image_open(bytes, BYTES, &image));
    setup(NULL);
    memset(files()[1].path, '/', sizeof(files()[1].path));
    assert_false(image_open(bytes, BYTES, &image));
    setup(NULL);
    files()[0].path[0] = 'x';
    assert_false(image_open(bytes, BYTES, &image));
    setup(NULL);
    files()[0].offset = 100;
    assert_false(image_open(bytes, BYTES, &image));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(finds, setup),
                                       cmocka_unit_test_setup(refuses, setup)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
