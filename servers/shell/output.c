/* output.c - what commands print, and where it goes. */
#include "bytes.h"
#include "idl/audit.h"
#include "idl/console.h"
#include "print.h"
#include "shell.h"
#include "slots.h"
#include "text.h"
#include "trace.h"

enum { SHOW_TRIES = 4 };

bool shell_open(struct shell *sh)
{
    struct console_open_out out = {.session = {.slot = slot_alloc()}};
    struct session_mode_in raw = {.raw = true, .echo = false};
    struct session_on_interrupt_in interrupt = {
        .notification = {.slot = sh->interrupt_source, .rights = RIGHT_WRITE}};

    slot_discard(sh->session);
    sh->session = 0;
    if (console_open(sh->console, &out) != OK) {
        slot_release(out.session.slot);
        return false;
    }
    sh->session = out.session.slot;
    (void)session_on_interrupt(sh->session, &interrupt);
    return session_mode(sh->session, &raw) == OK;
}

void shell_show(struct shell *sh, const char *bytes, size_t len)
{
    for (uint32_t tries = 0; len > 0 && tries < SHOW_TRIES;) {
        size_t part = len < 2048 ? len : 2048;
        struct session_write_in in = {.data = data_from(bytes, part)};
        int err = session_write(sh->session, &in);
        if (err != OK) {
            /* The console was started again: our session went with the old one. */
            tries++;
            if (err == SESSION_CLOSED || err == ERR_CAP_EMPTY) (void)shell_open(sh);
            continue;
        }
        bytes += part;
        len -= part;
    }
}

void shell_flush(struct shell *sh)
{
    if (sh->pipe_to != NULL) {
        pipe_take(sh, sh->out.at, sh->out.len);
    } else if (sh->target == 0) {
        shell_show(sh, sh->out.at, sh->out.len);
    } else if (sh->target_error == OK && sh->out.len > 0) {
        struct file_write_in in = {.offset = sh->target_at,
                                   .data = data_from(sh->out.at, sh->out.len)};
        struct file_write_out out;
        sh->target_error = file_write(sh->target, &in, &out);
        sh->target_at += sh->out.len;
    }
    sh->out = out_to(sh->output, sizeof(sh->output));
}

void shell_bytes(struct shell *sh, const char *bytes, size_t len)
{
    while (len > 0) {
        size_t room = sh->out.size - 1 - sh->out.len;
        size_t part = len < room ? len : room;
        out_bytes(&sh->out, bytes, part);
        bytes += part;
        len -= part;
        if (len > 0) shell_flush(sh);
    }
}

void shell_print(struct shell *sh, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    size_t len = print_format_list(text, sizeof(text), format, args);
    va_end(args);
    shell_bytes(sh, text, len < sizeof(text) ? len : sizeof(text) - 1);
}

void shell_column(struct shell *sh, size_t width, const char *text)
{
    size_t len = strlen(text);

    shell_bytes(sh, text, len);
    do {
        shell_bytes(sh, " ", 1);
    } while (++len < width);
}

/* What went wrong goes to the terminal, also when the output goes to a file. */
static void complain(struct shell *sh, const char *text)
{
    if (sh->target == 0) shell_flush(sh);
    shell_show(sh, text, strlen(text));
}

int shell_wrong(struct shell *sh, const char *what)
{
    char text[400];

    print_format(text, sizeof(text), "%s: %s\nusage: %s\n", sh->row->name, what, sh->row->usage);
    complain(sh, text);
    return STATUS_USAGE;
}

int shell_unknown(struct shell *sh, const char *name)
{
    char text[400];

    print_format(text, sizeof(text), "%s: no such command\nusage: help [COMMAND]\n", name);
    complain(sh, text);
    return STATUS_USAGE;
}

int shell_misread(struct shell *sh, const char *why)
{
    char text[400];

    print_format(text, sizeof(text), "shell: %s\nusage: COMMAND [ARGUMENTS] [> FILE]; ...\n", why);
    complain(sh, text);
    return STATUS_USAGE;
}

int shell_refused(struct shell *sh, const char *what, const char *why)
{
    char text[400];

    print_format(text, sizeof(text), "%s: %s: %s\n", sh->row != NULL ? sh->row->name : "shell",
                 what, why);
    complain(sh, text);
    return STATUS_ERROR;
}

/* What an error about files comes from, as a person would say it. */
static const char *reason_of(const char *name)
{
    static const struct {
        const char *name, *means;
    } reasons[] = {
        {"notFound", "nothing there has this name"},
        {"exists", "something has this name already"},
        {"notDirectory", "it, or something on the way, is no directory"},
        {"isDirectory", "it is a directory"},
        {"notEmpty", "there is something in it"},
        {"badPath", "no such path can be, or it would lie in itself"},
        {"noSpace", "there is no room: see `df` and `vfs`"},
        {"readOnly", "it belongs to the boot image or to another server"},
        {"limit", "there are as many as there can be"},
        {"badOffset", "no file is so long"},
        {"denied", "its mode, or what this shell may do, does not allow it"},
        {"loop", "links lead to each other"},
        {"quota", "its owner has all that may be had: see `df`"},
        {"notLink", "it is no link"},
        {"busy", "something stands there, or too much is under way"},
        {"silent", "its server does not answer"},
        {"gone", "its server, or the memory that had it, is gone"},
        {"damaged", "the disk has something else than was written: see `vfs verify`"},
        {"away", "the disk for contents is not there, or fails: see `vfs`"},
        {"frozen", "it is kept as it is"},
        {"notFrozen", "it is not kept: see `layers make`"},
        {"conflict", "it was changed meanwhile"},
        {"notFork", "nothing was begun here that could be"},
        {"otherTree", "what is being changed does not mix with the rest"},
        {"capEmpty", "this shell was not given it"},
        {"peerDied", "the service ended meanwhile"},
        {"logFull", "the log takes nothing more: see `log head`"},
    };

    for (uint32_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (strcmp(reasons[i].name, name) == 0) return reasons[i].means;
    }
    return NULL;
}

int shell_failed(struct shell *sh, const char *what, uint64_t interface, int err)
{
    if (sh->cut != 0) return STATUS_INTERRUPTED; /* by Ctrl-C: nothing is wrong */
    const char *name = trace_error_name(trace_interface_find(interface), (uint32_t)err);
    char text[120];
    bool files = interface == DIRECTORY_ID || interface == FILE_ID;
    const char *means = name != NULL && files ? reason_of(name) : NULL;

    if (name == NULL) print_format(text, sizeof(text), "error %d", err);
    if (means != NULL) print_format(text, sizeof(text), "%s: %s", name, means);
    return shell_refused(sh, what, name == NULL || means != NULL ? text : name);
}

bool shell_number(const char *text, uint64_t *out_value)
{
    if (text[0] == '0' && text[1] == 'x' && text[2] != '\0') {
        uint64_t value = 0;
        for (text += 2; *text != '\0'; text++) {
            char c = *text;
            unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                             : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                                                    : 16;
            if (digit == 16 || value >> 60 != 0) return false;
            value = value << 4 | digit;
        }
        *out_value = value;
        return true;
    }
    return text_parse_u64(text, strlen(text), out_value);
}

bool shell_stopped(struct shell *sh)
{
    jobs_look(sh);
    return sh->interrupted;
}
