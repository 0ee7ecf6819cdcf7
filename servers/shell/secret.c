/* secret.c - what a person types and nobody shall see: not shown, not in the history, wiped. */
#include "bytes.h"
#include "idl/console.h"
#include "shell.h"

enum { KEY_INTERRUPT = 3, KEY_BACKSPACE = 8, KEY_NEWLINE = 10, KEY_RETURN = 13, KEY_DELETE = 127 };

void secret_wipe(struct secret *s)
{
    bytes_wipe(s, sizeof(*s));
}

/* What came of one byte. */
enum typed { TYPED_MORE, TYPED_END, TYPED_NOTHING };

static enum typed take(struct secret *s, uint8_t key)
{
    if (key == KEY_INTERRUPT) return TYPED_NOTHING;
    if (key == KEY_RETURN || key == KEY_NEWLINE) return TYPED_END;
    if (key == KEY_BACKSPACE || key == KEY_DELETE) {
        s->len -= s->len > 0;
    } else if (key >= ' ') {
        if (s->len == sizeof(s->at)) return TYPED_NOTHING;
        s->at[s->len++] = key;
    }
    return TYPED_MORE;
}

bool secret_read(struct shell *sh, const char *prompt, struct secret *out)
{
    enum typed t = TYPED_MORE;
    out->len = 0;
    shell_print(sh, "%s", prompt);
    shell_flush(sh);
    while (t == TYPED_MORE) {
        struct session_read_in in = {.max = 1}; /* what is typed ahead waits in the console */
        struct session_read_out read;
        int err = session_read(sh->session, &in, &read);
        if (err != OK || read.data.len == 0 || read.lost != 0) t = TYPED_NOTHING;
        if (t == TYPED_MORE) t = take(out, read.data.at[0]);
        if (err == OK && read.data.len > 0) bytes_wipe((void *)(uintptr_t)read.data.at, 1);
    }
    shell_print(sh, "\n");
    shell_flush(sh);
    if (t == TYPED_END) return true;
    secret_wipe(out);
    return false;
}
