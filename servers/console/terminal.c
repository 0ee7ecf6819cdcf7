#include "terminal.h"
#include "bytes.h"

enum {
    KEY_CTRL_C = 3,
    KEY_CTRL_D = 4,
    KEY_BELL = 7,
    KEY_BACKSPACE = 8,
    KEY_NEWLINE = 10,
    KEY_RETURN = 13,
    KEY_CTRL_U = 21,
    KEY_CTRL_W = 23,
    KEY_DELETE = 127,
};

/* Output. */

static void out_put(struct terminal *t, uint8_t byte)
{
    if (t->out_len == TERMINAL_OUTPUT_MAX) return; /* only echo gets here: see terminal_write */
    t->out[(t->out_start + t->out_len++) % TERMINAL_OUTPUT_MAX] = byte;
}

static void out_put_text(struct terminal *t, const uint8_t *data, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        if (data[i] == '\n') out_put(t, '\r');
        out_put(t, data[i]);
    }
}

static void echo(struct terminal *t, const char *text)
{
    out_put_text(t, (const uint8_t *)text, (uint32_t)strlen(text));
}

/* Twice the length is enough for any text; the space of one line stays free for echo. */
static bool has_room(const struct terminal *t, uint32_t len)
{
    return TERMINAL_OUTPUT_MAX - t->out_len >= 2 * len + 256;
}

enum write_result terminal_write(struct terminal *t, uint32_t index, uint64_t token,
                                 const uint8_t *data, uint32_t len)
{
    if (t->writer_count == 0 && has_room(t, len)) {
        out_put_text(t, data, len);
        return WRITE_DONE;
    }
    if (t->writer_count == TERMINAL_WRITERS_MAX || len > TERMINAL_WRITE_MAX) return WRITE_REFUSED;
    struct writer *w = &t->writers[t->writer_count++];
    w->token = token;
    w->session = index;
    w->len = len;
    memcpy(w->data, data, len);
    return WRITE_WAITS;
}

static void writer_remove(struct terminal *t, uint32_t at)
{
    t->writer_count--;
    memmove(&t->writers[at], &t->writers[at + 1], (t->writer_count - at) * sizeof(t->writers[0]));
}

uint32_t terminal_output(const struct terminal *t, const uint8_t **out_bytes)
{
    uint32_t to_end = TERMINAL_OUTPUT_MAX - t->out_start;

    *out_bytes = t->out + t->out_start;
    return t->out_len < to_end ? t->out_len : to_end;
}

void terminal_output_taken(struct terminal *t, uint32_t len)
{
    t->out_start = (t->out_start + len) % TERMINAL_OUTPUT_MAX;
    t->out_len -= len;
    while (t->writer_count > 0 && has_room(t, t->writers[0].len)) {
        uint64_t token = t->writers[0].token;
        out_put_text(t, t->writers[0].data, t->writers[0].len);
        writer_remove(t, 0);
        t->events->write_done(t->state, token, false);
    }
}

/* Sessions. */

int terminal_open(struct terminal *t)
{
    for (int i = 0; i < TERMINAL_SESSIONS_MAX; i++) {
        struct session *s = &t->sessions[i];
        if (s->open) continue;
        uint32_t generation = (s->generation + 1) & 0xffffff; /* what a badge holds */
        memset(s, 0, sizeof(*s));
        s->open = s->echo = true;
        s->generation = generation;
        return i;
    }
    return -1;
}

struct session *terminal_session(struct terminal *t, uint32_t index, uint32_t generation)
{
    if (index >= TERMINAL_SESSIONS_MAX) return NULL;
    struct session *s = &t->sessions[index];
    return s->open && s->generation == generation ? s : NULL;
}

static struct session *foreground(struct terminal *t)
{
    struct session *best = NULL;

    for (uint32_t i = 0; i < TERMINAL_SESSIONS_MAX; i++) {
        struct session *s = &t->sessions[i];
        if (s->open && (best == NULL || s->order > best->order)) best = s;
    }
    return best;
}

/* It wants the keyboard. Who only writes leaves it to whoever has it: what is typed meanwhile would
 * end with its session. */
static void to_front(struct terminal *t, struct session *s)
{
    if (s->order == 0) s->order = ++t->order_last;
}

void terminal_close(struct terminal *t, uint32_t index)
{
    struct session *s = &t->sessions[index];

    s->open = false;
    for (uint32_t i = 0; i < t->writer_count;) {
        if (t->writers[i].session != index) {
            i++;
            continue;
        }
        uint64_t token = t->writers[i].token;
        writer_remove(t, i);
        t->events->write_done(t->state, token, true);
    }
    if (s->reading) {
        s->reading = false;
        t->events->read_done(t->state, s->read_token, READ_CLOSED, NULL, 0);
    }
}

/* Input. */

static void input_put(struct input *in, uint8_t byte)
{
    if (in->len == TERMINAL_AHEAD_MAX) {
        in->lost++; /* Ctrl-C behind it has to be seen, so the keyboard is not held back */
        return;
    }
    in->at[(in->start + in->len++) % TERMINAL_AHEAD_MAX] = byte;
}

static uint32_t input_take(struct input *in, uint8_t *out_bytes, uint32_t max, bool line)
{
    uint32_t count = 0;

    while (count < max && in->len > 0) {
        uint8_t byte = in->at[in->start];
        in->at[in->start] = 0; /* it may be of a passphrase */
        in->start = (in->start + 1) % TERMINAL_AHEAD_MAX;
        in->len--;
        out_bytes[count++] = byte;
        if (line && byte == '\n') break;
    }
    return count;
}

/* Ends the waiting read if there is something for it. */
static void serve_reader(struct terminal *t, struct session *s)
{
    uint8_t data[TERMINAL_INPUT_MAX];

    if (!s->reading) return;
    if (s->input.len == 0 && !s->at_end) return;
    s->reading = false;
    uint32_t len = input_take(&s->input, data, s->read_max, !s->raw);
    if (len == 0) {
        s->at_end = false;
        t->events->read_done(t->state, s->read_token, READ_END, NULL, 0);
        return;
    }
    t->lost = s->input.lost;
    s->input.lost = 0;
    t->events->read_done(t->state, s->read_token, READ_DATA, data, len);
}

bool terminal_read(struct terminal *t, uint32_t index, uint64_t token, uint32_t max)
{
    struct session *s = &t->sessions[index];

    if (s->reading) return false;
    to_front(t, s);
    s->reading = true;
    s->read_token = token;
    s->read_max = max < TERMINAL_INPUT_MAX ? max : TERMINAL_INPUT_MAX;
    if (s->interrupted) {
        s->interrupted = s->reading = false;
        t->events->read_done(t->state, token, READ_INTERRUPTED, NULL, 0);
        return true;
    }
    serve_reader(t, s);
    return true;
}

void terminal_mode(struct terminal *t, uint32_t index, bool raw, bool show)
{
    struct session *s = &t->sessions[index];

    to_front(t, s);
    if (raw && !s->raw) {
        /* What was typed of a line is input now. */
        for (uint32_t i = 0; i < s->line_len; i++) {
            input_put(&s->input, s->line[i]);
        }
        bytes_wipe(s->line, s->line_len); /* it may be of a passphrase typed ahead */
        s->line_len = 0;
    }
    s->raw = raw;
    s->echo = show;
    serve_reader(t, s);
}

static void interrupt(struct terminal *t, struct session *s)
{
    s->line_len = 0;
    bytes_wipe(&s->input, sizeof(s->input)); /* half a passphrase, perhaps */
    if (s->echo || !s->raw) echo(t, "^C\n");
    if (s->reading) {
        s->reading = false;
        t->events->read_done(t->state, s->read_token, READ_INTERRUPTED, NULL, 0);
        return;
    }
    s->interrupted = true;
    t->events->interrupt(t->state, (uint32_t)(s - t->sessions));
}

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xc0) == 0x80; /* of a UTF-8 character: erased together with its first byte */
}

static void erase_one(struct terminal *t, struct session *s)
{
    while (s->line_len > 0 && is_continuation(s->line[s->line_len - 1])) {
        s->line_len--;
    }
    if (s->line_len == 0) return;
    s->line_len--;
    if (s->echo) echo(t, "\b \b");
}

static void erase_word(struct terminal *t, struct session *s)
{
    while (s->line_len > 0 && s->line[s->line_len - 1] == ' ') {
        erase_one(t, s);
    }
    while (s->line_len > 0 && s->line[s->line_len - 1] != ' ') {
        erase_one(t, s);
    }
}

static void line_finish(struct terminal *t, struct session *s)
{
    for (uint32_t i = 0; i < s->line_len; i++) {
        input_put(&s->input, s->line[i]);
    }
    input_put(&s->input, '\n');
    s->line_len = 0;
    if (s->echo) echo(t, "\n");
}

static void cooked_key(struct terminal *t, struct session *s, uint8_t key)
{
    if (key == KEY_RETURN || key == KEY_NEWLINE) {
        line_finish(t, s);
    } else if (key == KEY_BACKSPACE || key == KEY_DELETE) {
        erase_one(t, s);
    } else if (key == KEY_CTRL_W) {
        erase_word(t, s);
    } else if (key == KEY_CTRL_U) {
        while (s->line_len > 0) {
            erase_one(t, s);
        }
    } else if (key == KEY_CTRL_D) {
        if (s->line_len == 0) s->at_end = true;
    } else if (s->line_len == TERMINAL_INPUT_MAX - 1) {
        s->input.lost++;
    } else if (key >= ' ' || key == '\t') {
        s->line[s->line_len++] = key;
        if (s->echo) out_put(t, key);
    }
}

void terminal_input_lost(struct terminal *t, uint32_t count)
{
    struct session *s = foreground(t);
    if (s != NULL) s->input.lost += count;
}

void terminal_input(struct terminal *t, const uint8_t *bytes, uint32_t len)
{
    uint32_t lost = 0;
    for (uint32_t i = 0; i < len; i++) {
        struct session *s = foreground(t);
        if (s == NULL) return;
        uint32_t before = s->input.lost;
        if (bytes[i] == KEY_CTRL_C && !(s->raw && s->reading)) {
            interrupt(t, s);
        } else if (s->raw) {
            input_put(&s->input, bytes[i]);
        } else {
            cooked_key(t, s, bytes[i]);
        }
        lost += s->input.lost - before;
    }
    if (lost > 0) out_put(t, KEY_BELL);
    for (uint32_t i = 0; i < TERMINAL_SESSIONS_MAX; i++) {
        if (t->sessions[i].open) serve_reader(t, &t->sessions[i]);
    }
}
