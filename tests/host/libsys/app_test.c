/* app_test.c - messages of applications: what is written is read, what is wrong is said exactly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "app.h"

static uint8_t bytes[APP_BYTES_MAX];
static struct app_message m;

static void what_is_written_is_read(void **state)
{
    static char text[APP_TEXT_MAX + 1];

    (void)state;
    memset(text, 'x', sizeof(text));
    for (uint32_t type = APP_READY; type < APP_TYPES; type++) {
        for (uint32_t len = 0; len <= APP_TEXT_MAX; len += len < 4 ? 1 : 85) {
            uint32_t all = app_write((enum app_type)type, text, len, bytes);
            assert_int_equal(all, APP_HEAD_BYTES + len);
            assert_int_equal(app_read(bytes, all, &m), APP_OK);
            assert_int_equal(m.type, type);
            assert_int_equal(m.len, len);
            assert_memory_equal(m.text, text, len);
        }
    }
    assert_int_equal(app_write(APP_STATE, text, APP_TEXT_MAX + 1, bytes), 0);
}

/* The bytes themselves: what another program, or a later version, can rely on. */
static void the_form_is_this(void **state)
{
    const uint8_t want[] = {1, 0, 2, 0, 3, 0, 0, 0, 'a', 'b', 'c'};

    (void)state;
    assert_int_equal(app_write(APP_STATE, "abc", 3, bytes), sizeof(want));
    assert_memory_equal(bytes, want, sizeof(want));
}

static enum app_error changed(uint32_t at, uint8_t value)
{
    uint32_t all = app_write(APP_STATE, "abc", 3, bytes);

    bytes[at] = value;
    return app_read(bytes, all, &m);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    for (uint32_t version = 0; version < 256; version++) {
        enum app_error want = version == APP_VERSION ? APP_OK : APP_BAD_VERSION;
        assert_int_equal(changed(0, (uint8_t)version), want);
    }
    for (uint32_t type = 0; type < 256; type++) {
        bool known = type >= APP_READY && type < APP_TYPES;
        assert_int_equal(changed(2, (uint8_t)type), known ? APP_OK : APP_BAD_TYPE);
    }
    assert_int_equal(changed(1, 1), APP_NOT_ZERO);
    assert_int_equal(changed(3, 1), APP_BAD_TYPE);
    for (uint32_t at = 4; at < 8; at++) {
        assert_int_equal(changed(at, 2), APP_BAD_LENGTH);
    }
    uint32_t all = app_write(APP_STATE, "abc", 3, bytes);
    for (uint32_t len = 0; len < all; len++) {
        assert_int_equal(app_read(bytes, len, &m),
                         len < APP_HEAD_BYTES ? APP_TOO_SHORT : APP_BAD_LENGTH);
    }
    /* The version comes first: of another one nothing else is known. */
    memset(bytes, 0xff, sizeof(bytes));
    assert_int_equal(app_read(bytes, sizeof(bytes), &m), APP_BAD_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(the_form_is_this),
        cmocka_unit_test(what_is_wrong_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
