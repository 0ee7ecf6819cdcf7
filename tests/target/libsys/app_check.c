/*
 * app_check.c - an application that says everything wrong that there is (libsys/app.h), to a real
 * view: `view app_check INPUT`. The exit code is 0, or the number of the first check that failed.
 */
#include "app.h"
#include "bytes.h"
#include "idl/app.h"
#include "service.h"
#include "startup.h"

#define CHECK_THAT(what)                                                                           \
    do {                                                                                           \
        if (!(what)) return __COUNTER__ + 1;                                                       \
    } while (0)

static uint8_t bytes[APP_BYTES_MAX];
static struct view_turn_out out;

/* READY with one byte changed, and so many of it. */
static int say(uint32_t at, uint8_t value, uint32_t len)
{
    uint32_t whole = app_write(APP_READY, "check", 5, bytes);
    struct view_turn_in in = {data_from(bytes, len != 0 ? len : whole)};

    bytes[at] = value;
    return view_turn(startup_cap("view"), &in, &out);
}

int main(void)
{
    struct app_message got;

    CHECK_THAT(say(0, 0, 0) == VIEW_BAD_VERSION);
    CHECK_THAT(say(0, 2, 0) == VIEW_BAD_VERSION);
    CHECK_THAT(say(0, 2, 7) == VIEW_TOO_SHORT);
    CHECK_THAT(say(1, 1, 0) == VIEW_NOT_ZERO);
    CHECK_THAT(say(2, 0, 0) == VIEW_BAD_TYPE);
    CHECK_THAT(say(2, APP_TYPES, 0) == VIEW_BAD_TYPE);
    CHECK_THAT(say(3, 1, 0) == VIEW_BAD_TYPE);
    CHECK_THAT(say(4, 6, 0) == VIEW_BAD_LENGTH);
    CHECK_THAT(say(0, APP_VERSION, 12) == VIEW_BAD_LENGTH);
    CHECK_THAT(say(2, APP_INPUT, 0) == VIEW_NOT_YOURS);
    CHECK_THAT(say(2, APP_CLOSED, 0) == VIEW_NOT_YOURS);
    /* None of these took an input away. */
    CHECK_THAT(say(0, APP_VERSION, 0) == OK);
    CHECK_THAT(app_read(out.message.at, out.message.len, &got) == APP_OK);
    CHECK_THAT(got.type == APP_INPUT && got.len == 5 && memcmp(got.text, "hello", 5) == 0);
    CHECK_THAT(say(0, APP_VERSION, 0) == OK);
    CHECK_THAT(app_read(out.message.at, out.message.len, &got) == APP_OK);
    CHECK_THAT(got.type == APP_CLOSED && got.len == 0);
    return 0;
}
