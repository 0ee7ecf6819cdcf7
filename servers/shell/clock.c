/* clock.c - commands about time, and random bytes. */
#include "bytes.h"
#include "commands.h"
#include "idl/random.h"
#include "idl/time.h"
#include "service.h"
#include "slots.h"
#include "text.h"

enum { RAND_DEFAULT = 16, RAND_MAX_BYTES = 2048, RAND_COLUMNS = 32 };
enum { SLEEP_STEP_NS = 100000000, MS_NS = 1000000, SLEEP_MAX_SECONDS = 1000000 };

/* What random bytes are made of, for the banner: a source that is missing is said. */
void random_line(struct shell *sh)
{
    struct random_status_out out;
    enum random_state states[4] = {RANDOM_STATE_ABSENT};
    char names[4][17];
    uint32_t good = 0;

    if (random_status(sh->random, &out) != OK) return;
    const uint32_t count = out.sources.count;
    for (uint32_t i = 0; i < count; i++) {
        states[i] = out.sources.at[i].state;
        (void)text_copy(names[i], sizeof(names[i]), out.sources.at[i].name.at,
                        out.sources.at[i].name.len);
        good += states[i] == RANDOM_STATE_HEALTHY;
    }
    shell_print(sh, "random: %s", good == 0 ? "no source, so there are no random bytes" : "from");
    for (uint32_t i = 0; i < count; i++) {
        if (states[i] == RANDOM_STATE_HEALTHY) shell_print(sh, " %s", names[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (states[i] != RANDOM_STATE_HEALTHY) shell_print(sh, "; %s is missing", names[i]);
    }
    shell_print(sh, "\n");
}

static void sources_show(struct shell *sh)
{
    static const char *const states[] = {"absent", "healthy", "failed", "starting", "silent"};
    static struct random_status_out out; /* printing uses the message page, names lie there */
    static char names[4][17];
    int err = sh->random == 0 ? ERR_CAP_EMPTY : random_status(sh->random, &out);

    for (uint32_t i = 0; err == OK && i < out.sources.count; i++) {
        const struct random_source *s = &out.sources.at[i];
        (void)text_copy(names[i], sizeof(names[i]), s->name.at, s->name.len);
    }
    for (uint32_t i = 0; err == OK && i < out.sources.count; i++) {
        const struct random_source *s = &out.sources.at[i];
        shell_print(sh, "%s: %s, %lu bytes looked at, %u failures\n", names[i], states[s->state],
                    s->samples, s->failures);
    }
}

int run_rand(struct shell *sh, int argc, char **argv)
{
    static uint8_t bytes[RAND_MAX_BYTES];
    struct random_bytes_out out;
    uint64_t count = RAND_DEFAULT;

    if (argc > 1 && (!shell_number(argv[1], &count) || count == 0 || count > RAND_MAX_BYTES)) {
        return shell_wrong(sh, "COUNT is a number from 1 to 2048");
    }
    const struct random_bytes_in in = {.count = (uint32_t)count};
    int err = sh->random == 0 ? ERR_CAP_EMPTY : random_bytes(sh->random, &in, &out);
    if (err == OK) memcpy(bytes, out.bytes.at, count);
    if (argc == 1) sources_show(sh);
    if (err != OK) return shell_failed(sh, "random", RANDOM_ID, err);
    for (uint32_t i = 0; i < count; i++) {
        bool ends = i + 1 == count || (i + 1) % RAND_COLUMNS == 0;
        shell_print(sh, "%02x%s", bytes[i], ends ? "\n" : "");
    }
    memset(bytes, 0, sizeof(bytes));
    return STATUS_OK;
}

static int now_ask(struct shell *sh, struct time_now_out *out)
{
    return sh->time == 0 ? ERR_CAP_EMPTY : time_now(sh->time, out);
}

static void zone_show(struct shell *sh, int32_t minutes)
{
    uint32_t size = (uint32_t)(minutes < 0 ? -minutes : minutes);

    shell_print(sh, "%s%02u:%02u", minutes < 0 ? "-" : "+", size / 60, size % 60);
}

int run_date(struct shell *sh, int argc, char **argv)
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    struct time_now_out now;
    int err = now_ask(sh, &now);

    (void)argc;
    (void)argv;
    if (err != OK) return shell_failed(sh, "time", TIME_ID, err);
    if (!now.known) return shell_refused(sh, "time", "this machine's clock says nothing");
    const struct time_date *d = &now.date;
    uint32_t hour = now.hour24 ? d->hour : (d->hour + 11u) % 12 + 1;
    shell_print(sh, "%s %04u-%02u-%02u %02u:%02u:%02u%s ", days[d->weekday % 7], d->year, d->month,
                d->day, hour, d->minute, d->second,
                now.hour24     ? ""
                : d->hour < 12 ? " AM"
                               : " PM");
    zone_show(sh, now.zone_minutes);
    shell_print(sh, "\n");
    return STATUS_OK;
}

/* Digits between separators, as in "2026-01-02": each from its own range, none left over. */
static bool numbers_parse(const char *text, const char *separators, uint32_t count,
                          uint32_t *out_numbers)
{
    for (uint32_t i = 0; i < count; i++) {
        const char *end = i + 1 < count ? strchr(text, separators[i]) : text + strlen(text);
        uint64_t value;
        if (end == NULL || !text_parse_u64(text, (size_t)(end - text), &value)) return false;
        if (value > 9999) return false;
        out_numbers[i] = (uint32_t)value;
        text = end + 1;
    }
    return true;
}

static int zone_set(struct shell *sh, const struct time_now_out *now, const char *text)
{
    uint32_t n[2];
    bool signed_ = text[0] == '+' || text[0] == '-';

    if (!signed_ || !numbers_parse(text + 1, ":", 2, n) || n[0] > 14 || n[1] > 59) {
        return shell_wrong(sh, "a zone is +HH:MM or -HH:MM");
    }
    int32_t minutes = (int32_t)(n[0] * 60 + n[1]);
    const struct time_configure_in in = {
        .zone_minutes = (int16_t)(text[0] == '-' ? -minutes : minutes), .hour24 = now->hour24};
    int err = time_configure(sh->time, &in);
    return err == OK ? STATUS_OK : shell_failed(sh, text, TIME_ID, err);
}

static int format_set(struct shell *sh, const struct time_now_out *now, const char *text)
{
    bool hour24 = strcmp(text, "24") == 0;

    if (!hour24 && strcmp(text, "12") != 0) return shell_wrong(sh, "a format is 12 or 24");
    const struct time_configure_in in = {.zone_minutes = now->zone_minutes, .hour24 = hour24};
    int err = time_configure(sh->time, &in);
    return err == OK ? STATUS_OK : shell_failed(sh, text, TIME_ID, err);
}

static int clock_set(struct shell *sh, const char *day, const char *hour)
{
    uint32_t d[3], h[3];

    if (!numbers_parse(day, "--", 3, d) || !numbers_parse(hour, "::", 3, h) || d[1] > 255 ||
        d[2] > 255 || h[0] > 255 || h[1] > 255 || h[2] > 255) {
        return shell_wrong(sh, "a time is YYYY-MM-DD HH:MM:SS");
    }
    const struct time_set_clock_in in = {.date = {.year = (uint16_t)d[0],
                                                  .month = (uint8_t)d[1],
                                                  .day = (uint8_t)d[2],
                                                  .hour = (uint8_t)h[0],
                                                  .minute = (uint8_t)h[1],
                                                  .second = (uint8_t)h[2]}};
    int err = time_set_clock(sh->time, &in);
    return err == OK ? STATUS_OK : shell_failed(sh, day, TIME_ID, err);
}

int run_time(struct shell *sh, int argc, char **argv)
{
    struct time_now_out now;
    int err = now_ask(sh, &now);

    if (err != OK) return shell_failed(sh, "time", TIME_ID, err);
    if (argc == 3 && strcmp(argv[1], "zone") == 0) return zone_set(sh, &now, argv[2]);
    if (argc == 3 && strcmp(argv[1], "format") == 0) return format_set(sh, &now, argv[2]);
    if (argc == 4 && strcmp(argv[1], "set") == 0) return clock_set(sh, argv[2], argv[3]);
    if (argc > 1) return shell_wrong(sh, "zone, format or set, with what it takes");
    shell_print(sh, "zone    ");
    zone_show(sh, now.zone_minutes);
    shell_print(sh, "\nformat  %u hours\nunix    ", now.hour24 ? 24 : 12);
    if (now.known) {
        shell_print(sh, "%ld\n", now.unix_seconds);
    } else {
        shell_print(sh, "not known\n");
    }
    shell_print(sh, "uptime  %lu ms\n", now.uptime_ns / MS_NS);
    return STATUS_OK;
}

/* A tenth of a second at a time, so that Ctrl-C is seen. */
static int timer_sleep(struct shell *sh, cap_t timer, uint64_t ms)
{
    for (uint64_t steps = ms * MS_NS / SLEEP_STEP_NS + 1, i = 0; i < steps; i++) {
        uint64_t part = i + 1 < steps ? SLEEP_STEP_NS : ms * MS_NS % SLEEP_STEP_NS;
        const struct timer_set_in in = {.after_ns = part};
        struct timer_wait_out out;
        int err = timer_set(timer, &in);
        uint32_t tries = 0;
        while (err == OK) {
            err = timer_wait(timer, &(struct timer_wait_in){0}, &out);
            if (!call_again(err, &tries)) break;
            err = OK;
        }
        if (err != OK) return shell_failed(sh, "timer", TIMER_ID, err);
        if (shell_stopped(sh)) return STATUS_INTERRUPTED;
    }
    return STATUS_OK;
}

/* "1", "0.25": in thousandths. */
static bool seconds_parse(const char *text, uint64_t *out_ms)
{
    const char *dot = strchr(text, '.');
    uint64_t whole, part = 0, scale = 1000;
    size_t len = dot != NULL ? (size_t)(dot - text) : strlen(text);

    if (!text_parse_u64(text, len, &whole) || whole > SLEEP_MAX_SECONDS) return false;
    if (dot != NULL) {
        size_t digits = strlen(dot + 1);
        if (digits == 0 || digits > 3 || !text_parse_u64(dot + 1, digits, &part)) return false;
        for (size_t i = 0; i < digits; i++) {
            scale /= 10;
        }
    }
    *out_ms = whole * 1000 + part * scale;
    return true;
}

int run_sleep(struct shell *sh, int argc, char **argv)
{
    struct time_timer_out out = {.timer = {.slot = slot_alloc()}};
    uint64_t ms;

    (void)argc;
    if (!seconds_parse(argv[1], &ms)) {
        slot_release(out.timer.slot);
        return shell_wrong(sh, "SECONDS is a number, with up to three digits behind a point");
    }
    int err =
        sh->time == 0 ? ERR_CAP_EMPTY : time_timer(sh->time, &(struct time_timer_in){0}, &out);
    if (err != OK) {
        slot_release(out.timer.slot);
        return shell_failed(sh, "time", TIME_ID, err);
    }
    int status = timer_sleep(sh, out.timer.slot, ms);
    slot_discard(out.timer.slot);
    return status;
}
