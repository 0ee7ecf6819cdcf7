#include "editor.h"
#include "bytes.h"

enum {
    KEY_HOME = 1,
    KEY_LEFT = 2,
    KEY_INTERRUPT = 3,
    KEY_END_OF_INPUT = 4,
    KEY_END = 5,
    KEY_RIGHT = 6,
    KEY_BACKSPACE = 8,
    KEY_TAB = 9,
    KEY_NEWLINE = 10,
    KEY_KILL_END = 11,
    KEY_REFRESH = 12,
    KEY_RETURN = 13,
    KEY_DOWN = 14,
    KEY_UP = 16,
    KEY_KILL_START = 21,
    KEY_KILL_WORD = 23,
    KEY_ESCAPE = 27,
    KEY_DELETE_BACK = 127,
    KEY_DELETE = 256, /* not a byte: from an escape sequence */
};

void editor_start(struct editor *e, const char *prompt, const struct history *history)
{
    e->line[0] = '\0';
    e->len = e->cursor = e->back = e->escape_len = 0;
    e->too_long = false;
    e->prompt = prompt;
    e->history = history;
}

static bool is_inside_character(const struct editor *e, uint32_t at)
{
    return at < e->len && ((uint8_t)e->line[at] & 0xc0) == 0x80; /* UTF-8 continuation */
}

static uint32_t width_between(const struct editor *e, uint32_t from, uint32_t to)
{
    uint32_t width = 0;

    for (uint32_t i = from; i < to; i++) {
        if (!is_inside_character(e, i)) width++;
    }
    return width;
}

void editor_redraw(const struct editor *e, struct out *o)
{
    uint32_t back = width_between(e, e->cursor, e->len);

    out_print(o, "\r%s%s\x1b[K", e->prompt, e->line);
    if (back > 0) out_print(o, "\x1b[%uD", back);
}

void editor_insert(struct editor *e, const char *text, uint32_t len, struct out *o)
{
    if (len > EDITOR_LINE_MAX - 1 - e->len) {
        out_print(o, "\a");
        return;
    }
    memmove(e->line + e->cursor + len, e->line + e->cursor, e->len - e->cursor + 1);
    memcpy(e->line + e->cursor, text, len);
    e->len += len;
    e->cursor += len;
    if (e->cursor == e->len) {
        out_bytes(o, text, len);
    } else {
        editor_redraw(e, o);
    }
}

static void erase(struct editor *e, uint32_t from, uint32_t to, struct out *o)
{
    if (from == to) return;
    bool at_end = e->cursor == e->len && from + 1 == to;
    e->too_long = false;
    memmove(e->line + from, e->line + to, e->len - to + 1);
    e->len -= to - from;
    e->cursor = from;
    if (at_end) {
        out_print(o, "\b \b");
    } else {
        editor_redraw(e, o);
    }
}

static uint32_t left_of(const struct editor *e, uint32_t at)
{
    if (at == 0) return 0;
    do {
        at--;
    } while (at > 0 && is_inside_character(e, at));
    return at;
}

static uint32_t right_of(const struct editor *e, uint32_t at)
{
    if (at == e->len) return at;
    do {
        at++;
    } while (is_inside_character(e, at));
    return at;
}

static uint32_t word_start(const struct editor *e)
{
    uint32_t at = e->cursor;

    while (at > 0 && e->line[at - 1] == ' ') {
        at--;
    }
    while (at > 0 && e->line[at - 1] != ' ') {
        at--;
    }
    return at;
}

static void move(struct editor *e, uint32_t to, struct out *o)
{
    if (to == e->cursor) return;
    e->cursor = to;
    editor_redraw(e, o);
}

static void line_set(struct editor *e, const char *text, struct out *o)
{
    size_t len = strlen(text);

    memmove(e->line, text, len + 1);
    e->len = e->cursor = (uint32_t)len;
    e->too_long = false;
    editor_redraw(e, o);
}

static void history_move(struct editor *e, uint32_t back, struct out *o)
{
    const char *entry = back == 0 ? e->kept : history_back(e->history, back);

    if (entry == NULL || back == e->back) return;
    if (e->back == 0) memcpy(e->kept, e->line, e->len + 1);
    e->back = back;
    line_set(e, entry, o);
}

static void edit(struct editor *e, unsigned key, struct out *o)
{
    switch (key) {
    case KEY_HOME:
        move(e, 0, o);
        break;
    case KEY_END:
        move(e, e->len, o);
        break;
    case KEY_LEFT:
        move(e, left_of(e, e->cursor), o);
        break;
    case KEY_RIGHT:
        move(e, right_of(e, e->cursor), o);
        break;
    case KEY_BACKSPACE:
    case KEY_DELETE_BACK:
        erase(e, left_of(e, e->cursor), e->cursor, o);
        break;
    case KEY_DELETE:
        erase(e, e->cursor, right_of(e, e->cursor), o);
        break;
    case KEY_KILL_END:
        erase(e, e->cursor, e->len, o);
        break;
    case KEY_KILL_START:
        erase(e, 0, e->cursor, o);
        break;
    case KEY_KILL_WORD:
        erase(e, word_start(e), e->cursor, o);
        break;
    case KEY_UP:
        history_move(e, e->back + 1, o);
        break;
    case KEY_DOWN:
        if (e->back > 0) history_move(e, e->back - 1, o);
        break;
    case KEY_REFRESH:
        out_print(o, "\x1b[H\x1b[2J");
        editor_redraw(e, o);
        break;
    default:
        break; /* a key that means nothing here */
    }
}

/* The key that a complete escape sequence stands for, or 0. */
static unsigned escape_key(const uint8_t *sequence, uint32_t len)
{
    switch (sequence[len - 1]) {
    case 'A':
        return KEY_UP;
    case 'B':
        return KEY_DOWN;
    case 'C':
        return KEY_RIGHT;
    case 'D':
        return KEY_LEFT;
    case 'H':
        return KEY_HOME;
    case 'F':
        return KEY_END;
    case '~':
        if (len != 4) return 0;
        if (sequence[2] == '1' || sequence[2] == '7') return KEY_HOME;
        if (sequence[2] == '4' || sequence[2] == '8') return KEY_END;
        return sequence[2] == '3' ? KEY_DELETE : 0;
    default:
        return 0;
    }
}

/* ESC [ or ESC O, parameters, one final byte. Anything else ends the sequence. */
static void escape_byte(struct editor *e, uint8_t byte, struct out *o)
{
    e->escape[e->escape_len++] = byte;
    if (e->escape_len == 2) {
        if (byte != '[' && byte != 'O') e->escape_len = 0;
        return;
    }
    bool parameter = byte >= 0x20 && byte < 0x40;
    if (parameter && e->escape_len < sizeof(e->escape)) return;
    unsigned key = escape_key(e->escape, e->escape_len);
    e->escape_len = 0;
    if (key != 0) edit(e, key, o);
}

enum editor_event editor_key(struct editor *e, uint8_t key, struct out *o)
{
    if (e->escape_len > 0 && key != KEY_INTERRUPT) {
        escape_byte(e, key, o);
        return EDITOR_NOTHING;
    }
    e->escape_len = 0;
    switch (key) {
    case KEY_ESCAPE:
        e->escape[e->escape_len++] = key;
        return EDITOR_NOTHING;
    case KEY_RETURN:
    case KEY_NEWLINE:
        out_print(o, "\n");
        return e->too_long ? EDITOR_TOO_LONG : EDITOR_LINE;
    case KEY_INTERRUPT:
        out_print(o, "^C\n");
        return EDITOR_INTERRUPT;
    case KEY_TAB:
        return EDITOR_COMPLETE;
    case KEY_END_OF_INPUT:
        if (e->len == 0) return EDITOR_END;
        edit(e, KEY_DELETE, o);
        return EDITOR_NOTHING;
    default:
        break;
    }
    if (key >= ' ' && key != KEY_DELETE_BACK) {
        if (e->len == EDITOR_LINE_MAX - 1) e->too_long = true;
        editor_insert(e, (const char *)&key, 1, o);
    } else {
        edit(e, key, o);
    }
    return EDITOR_NOTHING;
}
