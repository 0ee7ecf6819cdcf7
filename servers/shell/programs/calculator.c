/*
 * calculator.c - an application (libsys/app.h): whole numbers, + - * / %, and brackets. It has a
 * capability to its view and nothing else. Exit code: 0, or 3: the view is of another version.
 */
#include "app.h"
#include "bytes.h"
#include "idl/app.h"
#include "print.h"
#include "service.h"
#include "startup.h"

enum { DEPTH_MAX = 32, TEXT_ROOM = 96, EXIT_VERSION = 3, EXIT_VIEW = 4 };

struct reader {
    const char *at, *end;
    const char *wrong; /* the first thing that is */
    uint32_t depth;
};

static char next(struct reader *r)
{
    while (r->at < r->end && *r->at == ' ') {
        r->at++;
    }
    return r->at < r->end ? *r->at : '\0';
}

static int64_t fail(struct reader *r, const char *why)
{
    if (r->wrong == NULL) r->wrong = why;
    return 0;
}

static int64_t sum(struct reader *r);

static int64_t number(struct reader *r)
{
    int64_t value = 0;
    bool fits = true;

    if (next(r) < '0' || next(r) > '9') return fail(r, "a number is missing");
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
        fits = fits && !__builtin_mul_overflow(value, 10, &value) &&
               !__builtin_add_overflow(value, *r->at - '0', &value);
    }
    return fits ? value : fail(r, "a number is too large");
}

static int64_t factor(struct reader *r)
{
    int64_t value, negated;

    if (++r->depth > DEPTH_MAX) {
        value = fail(r, "too many brackets");
    } else if (next(r) == '-') {
        r->at++;
        value = factor(r);
        if (__builtin_sub_overflow((int64_t)0, value, &negated)) return fail(r, "it is too large");
        value = negated;
    } else if (next(r) == '(') {
        r->at++;
        value = sum(r);
        if (next(r) != ')') return fail(r, "a bracket is missing");
        r->at++;
    } else {
        value = number(r);
    }
    r->depth--;
    return value;
}

static int64_t product(struct reader *r)
{
    int64_t value = factor(r), by;

    while (r->wrong == NULL && (next(r) == '*' || next(r) == '/' || next(r) == '%')) {
        char what = *r->at++;
        by = factor(r);
        if (what == '*') {
            if (__builtin_mul_overflow(value, by, &value)) return fail(r, "it is too large");
            continue;
        }
        if (by == 0) return fail(r, "a division by 0");
        if (by == -1 && value == INT64_MIN) return fail(r, "it is too large");
        value = what == '/' ? value / by : value % by;
    }
    return value;
}

static int64_t sum(struct reader *r)
{
    int64_t value = product(r);

    while (r->wrong == NULL && (next(r) == '+' || next(r) == '-')) {
        char what = *r->at++;
        int64_t more = product(r);
        bool over = what == '+' ? __builtin_add_overflow(value, more, &value)
                                : __builtin_sub_overflow(value, more, &value);
        if (over) return fail(r, "it is too large");
    }
    return value;
}

/* The state after an input, or why there is none. */
static enum app_type calculate(const struct app_message *input, char out_text[TEXT_ROOM])
{
    struct reader r = {.at = input->text, .end = input->text + input->len};
    int64_t value = sum(&r);

    if (r.wrong == NULL && next(&r) != '\0') (void)fail(&r, "that is more than an expression");
    if (r.wrong == NULL) {
        print_format(out_text, TEXT_ROOM, "%ld", value);
        return APP_STATE;
    }
    print_format(out_text, TEXT_ROOM, "at %u: %s", (uint32_t)(r.at - input->text) + 1, r.wrong);
    return APP_ERROR;
}

int main(void)
{
    static uint8_t bytes[APP_BYTES_MAX];
    char text[TEXT_ROOM] = "calculator";
    enum app_type type = APP_READY;
    struct app_message got;
    struct view_turn_out out;

    for (;;) {
        struct view_turn_in in = {data_from(bytes, app_write(type, text, strlen(text), bytes))};
        int err = view_turn(startup_cap("view"), &in, &out);
        if (err == VIEW_BAD_VERSION) return EXIT_VERSION;
        if (err != OK) return EXIT_VIEW;
        enum app_error wrong = app_read(out.message.at, out.message.len, &got);
        if (wrong == APP_BAD_VERSION) return EXIT_VERSION;
        if (wrong != APP_OK || app_is_from_application(got.type)) return EXIT_VIEW;
        if (got.type == APP_CLOSED) return 0;
        type = calculate(&got, text);
    }
}
