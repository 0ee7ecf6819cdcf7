/*
 * terminal.h - the sessions of one terminal: what the keys mean, and who gets them.
 *
 * The session that began last to read is in the foreground and gets the input. A cooked one gets
 * whole lines, edited here (erase, word, line, end of input); a raw one gets the bytes. Output of
 * all sessions goes to one queue, with "\n" as CR LF. Pure: what is to be told to others comes
 * through the callbacks; tests drive it without a driver.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TERMINAL_SESSIONS_MAX = 16,
    TERMINAL_INPUT_MAX = 1024, /* one read, and the longest cooked line */
    TERMINAL_AHEAD_MAX = 4096, /* typed ahead */
    TERMINAL_OUTPUT_MAX = 16384,
    TERMINAL_WRITE_MAX = 2048,
    TERMINAL_WRITERS_MAX = 12, /* writes that wait for room */
};

enum read_result { READ_DATA, READ_END, READ_INTERRUPTED, READ_CLOSED };

struct terminal_events {
    /* The waiting read `token` ends. READ_END: end of input, no data. */
    void (*read_done)(void *state, uint64_t token, enum read_result result, const uint8_t *data,
                      uint32_t len);
    /* The write `token` that had to wait is in the queue, or its session was closed. */
    void (*write_done)(void *state, uint64_t token, bool closed);
    /* Ctrl-C while no read of session `index` waits. Its next read ends with READ_INTERRUPTED. */
    void (*interrupt)(void *state, uint32_t index);
};

struct input {
    uint8_t at[TERMINAL_AHEAD_MAX];
    uint32_t start, len; /* a ring */
    uint32_t lost;       /* bytes that found no room since the last read */
};

struct session {
    bool open, raw, echo;
    bool reading, at_end; /* at_end: Ctrl-D on an empty line, not yet read */
    bool interrupted;     /* Ctrl-C came while no read waited: the next one is told, too */
    uint32_t order;       /* the greatest is in the foreground; 0: it has never read */
    uint32_t generation;  /* counts the uses of this entry */
    uint64_t read_token;
    uint32_t read_max;
    uint32_t line_len; /* cooked: bytes of the line being typed */
    uint8_t line[TERMINAL_INPUT_MAX];
    struct input input;
};

struct writer {
    uint64_t token;
    uint32_t session, len;
    uint8_t data[TERMINAL_WRITE_MAX];
};

struct terminal {
    struct session sessions[TERMINAL_SESSIONS_MAX];
    uint32_t order_last;
    uint8_t out[TERMINAL_OUTPUT_MAX];
    uint32_t out_start, out_len;                 /* a ring */
    struct writer writers[TERMINAL_WRITERS_MAX]; /* in order of arrival */
    uint32_t writer_count;
    uint32_t lost; /* in read_done: bytes typed since the last read that found no room */
    const struct terminal_events *events;
    void *state;
};

/* Index of the new session, or -1. */
int terminal_open(struct terminal *t);
void terminal_close(struct terminal *t, uint32_t index);
struct session *terminal_session(struct terminal *t, uint32_t index, uint32_t generation);

/* Bytes from the keyboard. */
void terminal_input(struct terminal *t, const uint8_t *bytes, uint32_t len);
void terminal_input_lost(struct terminal *t, uint32_t count); /* by the driver */

enum write_result { WRITE_DONE, WRITE_WAITS, WRITE_REFUSED };
/* WRITE_WAITS: write_done(token) follows. WRITE_REFUSED: too many wait. */
enum write_result terminal_write(struct terminal *t, uint32_t index, uint64_t token,
                                 const uint8_t *data, uint32_t len);

/* read_done(token) follows, perhaps at once. False: another read of the session waits. */
bool terminal_read(struct terminal *t, uint32_t index, uint64_t token, uint32_t max);
void terminal_mode(struct terminal *t, uint32_t index, bool raw, bool echo);

/* Output for the driver: a contiguous part of the queue, and how much of it was taken. */
uint32_t terminal_output(const struct terminal *t, const uint8_t **out_bytes);
void terminal_output_taken(struct terminal *t, uint32_t len);
