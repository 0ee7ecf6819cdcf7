/*
 * pipes.c - where a command's input comes from and its output goes to.
 *
 * The commands of a pipe run one after the other: what one prints is kept in memory until the next
 * has read it. Two such buffers are enough for any number of commands.
 */
#include "bytes.h"
#include "heap.h"
#include "run.h"

bool target_open(struct shell *sh, const char *path, bool append)
{
    struct directory_open_in how = {.create = true, .write = true, .truncate = !append};
    struct file_stat_out stat;
    int err = OK;

    sh->target_at = 0;
    sh->target_error = OK;
    cap_t file = file_open_at(sh, path, &how, &err);
    if (file == 0) {
        (void)shell_failed(sh, path, DIRECTORY_ID, err);
        return false;
    }
    if (append && file_stat(file, &stat) == OK) sh->target_at = stat.stat.size;
    sh->target = file;
    return true;
}

int target_close(struct shell *sh, const char *path, int status)
{
    cap_t file = sh->target;

    sh->target = 0;
    file_close(sh, file);
    if (sh->target_error != OK) return shell_failed(sh, path, FILE_ID, sh->target_error);
    return status;
}

bool pipe_open(struct shell *sh)
{
    struct pipe *p = &sh->pipes[sh->pipe_next];

    if (p->bytes == NULL) p->bytes = heap_alloc(PIPE_BYTES);
    if (p->bytes == NULL) {
        (void)shell_refused(sh, "|", "no memory for what goes through it");
        return false;
    }
    p->len = 0;
    p->full = false;
    sh->pipe_to = p;
    return true;
}

int pipe_close(struct shell *sh, int status)
{
    struct pipe *p = sh->pipe_to;

    sh->pipe_to = NULL;
    sh->pipe_next ^= 1;
    if (p->full) return shell_refused(sh, "|", "more than 256 KiB; the rest is lost");
    return status;
}

void pipe_take(struct shell *sh, const char *bytes, size_t len)
{
    struct pipe *p = sh->pipe_to;
    size_t room = PIPE_BYTES - p->len;

    if (len > room) p->full = true;
    if (len > room) len = room;
    memcpy(p->bytes + p->len, bytes, len);
    p->len += len;
}

void input_from_pipe(struct shell *sh)
{
    sh->input = (struct input){.pipe = &sh->pipes[sh->pipe_next ^ 1]};
}

bool input_open(struct shell *sh, const char *path)
{
    int err = OK;

    sh->input =
        (struct input){.file = file_open_at(sh, path, &(struct directory_open_in){0}, &err)};
    if (err == OK) return true;
    (void)shell_failed(sh, path, DIRECTORY_ID, err);
    return false;
}

void input_close(struct shell *sh)
{
    if (sh->input.file != 0) file_close(sh, sh->input.file);
    sh->input = (struct input){0};
}

/* Lines and bytes of a file or of the input, for commands. */

bool reader_open(struct shell *sh, struct reader *r, const char *path)
{
    int err = OK;

    *r = (struct reader){.sh = sh, .name = path != NULL ? path : "input"};
    if (path == NULL) {
        r->from = sh->input;
        if (r->from.pipe == NULL && r->from.file == 0) {
            (void)shell_wrong(sh, "no file is named, and no input comes through < or |");
            return false;
        }
        return true;
    }
    r->from.file = file_open_at(sh, path, &(struct directory_open_in){0}, &err);
    r->own = true;
    if (err != OK) (void)shell_failed(sh, path, DIRECTORY_ID, err);
    return err == OK;
}

int reader_close(struct reader *r)
{
    if (r->own) file_close(r->sh, r->from.file);
    return r->err == OK ? STATUS_OK : shell_failed(r->sh, r->name, FILE_ID, r->err);
}

void reader_rewind(struct reader *r)
{
    r->at = 0;
    r->used = r->len = 0;
}

uint32_t reader_bytes(struct reader *r, const char **out_bytes)
{
    struct file_read_in in = {.offset = r->at, .count = sizeof(r->bytes)};
    struct file_read_out out;
    uint32_t len = 0;

    if (r->from.pipe != NULL) {
        const struct pipe *p = r->from.pipe;
        size_t left = p->len - r->at;
        len = (uint32_t)(left < sizeof(r->bytes) ? left : sizeof(r->bytes));
        memcpy(r->bytes, p->bytes + r->at, len);
    } else {
        r->err = file_read(r->from.file, &in, &out);
        if (r->err == OK) len = out.data.len;
        if (r->err == OK) memcpy(r->bytes, out.data.at, len);
    }
    r->at += len;
    *out_bytes = r->bytes;
    return len;
}

/* Longer lines come in pieces. */
bool reader_line(struct reader *r, char *line, uint32_t size, uint32_t *out_len)
{
    uint32_t len = 0;
    const char *bytes;
    bool any = false;

    while (len + 1 < size) {
        if (r->used == r->len) {
            r->used = 0;
            r->len = reader_bytes(r, &bytes);
            if (r->len == 0) break;
        }
        char c = r->bytes[r->used++];
        any = true;
        if (c == '\n') break;
        line[len++] = c;
    }
    line[len] = '\0';
    *out_len = len;
    return any;
}
