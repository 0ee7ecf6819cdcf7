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
enum { NEGATE = 'n' /* the minus before a number */ };

struct reader {
    const char *at, *end;
    const char *wrong;     /* the first thing that is */
    char waits[DEPTH_MAX]; /* operators and open brackets whose right side is not read yet */
    int64_t values[DEPTH_MAX + 1]; /* of which that is the left side, and the last one */
    uint32_t wait_count, value_count;
};

static char next(struct reader *r)
{
    while (r->at < r->end && *r->at == ' ') {
        r->at++;
    }
    return r->at < r->end ? *r->at : '\0';
}

static void fail(struct reader *r, const char *why)
{
    if (r->wrong == NULL) r->wrong = why;
}

static uint32_t binds(char what)
{
    if (what == NEGATE) return 3;
    if (what == '*' || what == '/' || what == '%') return 2;
    return what == '+' || what == '-' ? 1 : 0;
}

static void number(struct reader *r)
{
    int64_t value = 0;
    bool fits = true;

    if (next(r) < '0' || next(r) > '9') {
        fail(r, "a number is missing");
        return;
    }
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
        fits = fits && !__builtin_mul_overflow(value, 10, &value) &&
               !__builtin_add_overflow(value, *r->at - '0', &value);
    }
    if (!fits) fail(r, "a number is too large");
    r->values[r->value_count++] = value; /* one more than what waits, at most */
}

/* What of the operators that wait binds at least so much has its right side now. */
static void settle(struct reader *r, uint32_t least)
{
    while (r->wrong == NULL && r->wait_count > 0 && binds(r->waits[r->wait_count - 1]) >= least) {
        char what = r->waits[--r->wait_count];
        bool over = false;
        int64_t by = r->values[--r->value_count], zero = 0;
        int64_t *value = what == NEGATE ? &zero : &r->values[r->value_count - 1];

        if (what == '+') over = __builtin_add_overflow(*value, by, value);
        if (what == '-' || what == NEGATE) over = __builtin_sub_overflow(*value, by, value);
        if (what == '*') over = __builtin_mul_overflow(*value, by, value);
        if (what == '/' || what == '%') {
            over = by == -1 && *value == INT64_MIN;
            if (by == 0) fail(r, "a division by 0");
            if (by != 0 && !over) *value = what == '/' ? *value / by : *value % by;
        }
        if (what == NEGATE) r->values[r->value_count++] = zero;
        if (over) fail(r, "it is too large");
    }
}

static void wait(struct reader *r, char what)
{
    r->at++;
    if (r->wait_count == DEPTH_MAX)
        fail(r, "too many brackets");
    else
        r->waits[r->wait_count++] = what;
}

static int64_t expression(struct reader *r)
{
    bool begins = true; /* a number, a bracket or a minus comes */
    char what;

    while (r->wrong == NULL) {
        what = next(r);
        if (begins && (what == '(' || what == '-')) {
            wait(r, what == '-' ? NEGATE : what);
        } else if (begins) {
            number(r);
            begins = false;
        } else if (binds(what) > 0) {
            settle(r, binds(what));
            if (r->wrong == NULL) wait(r, what);
            begins = true;
        } else {
            settle(r, 1); /* down to a bracket */
            if (what != ')' || r->wait_count == 0 || r->wrong != NULL) break;
            r->at++;
            r->wait_count--;
        }
    }
    if (r->wait_count > 0) fail(r, "a bracket is missing");
    return r->value_count > 0 ? r->values[0] : 0;
}

/* The state after an input, or why there is none. */
static enum app_type calculate(const struct app_message *input, char out_text[TEXT_ROOM])
{
    struct reader r = {.at = input->text, .end = input->text + input->len};
    int64_t value = expression(&r);

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
