/*
 * app.h - messages between an application and its view.
 *
 * An application has no terminal: what it shows and what it is told are messages, and whoever holds
 * the other end is its view (idl/app.capnp carries them; they may as well go through a file or a
 * ring). Each begins with the same 8 bytes, so that either side knows what it cannot understand:
 *
 *   0 version   1: who knows another refuses the first message that comes
 *   1 zero
 *   2 type      enum app_type, 2 bytes, the lower one first
 *   4 bytes     of what follows, 4 bytes, the lowest one first
 *   8 ...
 *
 * What follows is text, UTF-8 without an end mark, of READY the application's name.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { APP_VERSION = 1, APP_HEAD_BYTES = 8, APP_TEXT_MAX = 1024 };
enum { APP_BYTES_MAX = APP_HEAD_BYTES + APP_TEXT_MAX };

enum app_type {
    APP_READY = 1, /* from the application: it takes input */
    APP_STATE,     /* what is to be shown in place of what was */
    APP_ERROR,     /* why the last input changed nothing */
    APP_INPUT,     /* from the view: what was entered */
    APP_CLOSED,    /* nothing more comes */
    APP_TYPES,
};

enum app_error {
    APP_OK,
    APP_TOO_SHORT,   /* no whole head */
    APP_BAD_VERSION, /* before all else: another version's head may mean anything */
    APP_NOT_ZERO,
    APP_BAD_TYPE,
    APP_BAD_LENGTH, /* it says more or less than there is, or more than APP_TEXT_MAX */
};

struct app_message {
    enum app_type type;
    uint32_t len;
    const char *text; /* in the bytes that were read */
};

/* How many bytes it has become; 0: the text is too long. */
uint32_t app_write(enum app_type type, const char *text, size_t len,
                   uint8_t out_bytes[APP_BYTES_MAX]);
enum app_error app_read(const uint8_t *bytes, size_t len, struct app_message *out_message);
/* Types that an application sends; the others are a view's. */
static inline bool app_is_from_application(enum app_type type)
{
    return type <= APP_ERROR;
}
