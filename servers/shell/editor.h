/*
 * editor.h - the line being typed: keys in, what the terminal should show out.
 *
 * Understands the control keys of Emacs and the escape sequences of VT100 arrows, Home, End and
 * Delete. Lines longer than the terminal is wide are shown right only while typed at their end.
 * Pure; history comes from history.h.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "history.h"
#include "out.h"

enum { EDITOR_LINE_MAX = 512 };

enum editor_event {
    EDITOR_NOTHING,
    EDITOR_LINE,      /* the line is complete */
    EDITOR_INTERRUPT, /* Ctrl-C: the line is dropped */
    EDITOR_END,       /* Ctrl-D on an empty line */
    EDITOR_COMPLETE,  /* Tab: the caller may call editor_insert() */
    EDITOR_TOO_LONG,  /* the end of a line of which some did not fit: it must not run */
};

struct editor {
    char line[EDITOR_LINE_MAX]; /* NUL-terminated */
    uint32_t len, cursor;
    bool too_long;              /* a key did not fit, and nothing was erased since */
    uint32_t back;              /* how far back in the history; 0: the line itself */
    char kept[EDITOR_LINE_MAX]; /* the line itself while the history is shown */
    uint8_t escape[8];          /* an escape sequence that has begun */
    uint32_t escape_len;
    const char *prompt;
    const struct history *history;
};

void editor_start(struct editor *e, const char *prompt, const struct history *history);
enum editor_event editor_key(struct editor *e, uint8_t key, struct out *o);
void editor_insert(struct editor *e, const char *text, uint32_t len, struct out *o);
/* Shows prompt and line again, after something else was printed. */
void editor_redraw(const struct editor *e, struct out *o);
