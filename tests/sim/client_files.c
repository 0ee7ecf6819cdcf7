/*
 * client_files.c - a client of the file server: does one thing after the other with six files of
 * its own, and knows what must come of it. What was answered is there, whoever was ended meanwhile;
 * of what was under way when it was cut off, all or nothing.
 */
#include <string.h>

#include "client.h"
#include "idl/vfs.h"
#include "slots.h"
#include "startup.h"

enum { FILES = 6, FILE_BYTES = 4096, WRITE_BYTES = 300, READ_BYTES = 3072 };

struct model_file {
    bool exists;
    uint32_t size;
    uint8_t bytes[FILE_BYTES];
};
struct model_state {
    struct model_file file[FILES];
};
static struct model {
    struct model_state now, next; /* next: what is under way leads to that */
    bool pending;
    int result;
} * model;
static cap_t files, handles[FILES]; /* 0: not open */
static uint32_t number;             /* of this client */

static struct text path_of(uint32_t file)
{
    static char path[] = "/xy";
    path[1] = (char)('a' + number);
    path[2] = (char)('0' + file);
    return text_from(path, 3);
}

static void handle_close(uint32_t file)
{
    slot_discard(handles[file]);
    handles[file] = 0;
}

static int handle_open(uint32_t file, bool create)
{
    if (handles[file] != 0) return OK;
    struct directory_open_out out = {.file = {.slot = slot_alloc()}};
    const struct directory_open_in in = {.path = path_of(file), .create = create, .write = true};
    int err = directory_open(files, &in, &out);
    if (err != OK) {
        slot_discard(out.file.slot);
        return err;
    }
    handles[file] = out.file.slot;
    return OK;
}

/* Whether the file is as `f` says. A call that is cut off is made again. */
static bool is_as(uint32_t file, const struct model_file *f)
{
    static uint8_t seen[FILE_BYTES];
    uint32_t size = 0;
    handle_close(file);
    int err = handle_open(file, false);
    while (cut_off(err)) {
        err = handle_open(file, false);
    }
    if (err == DIRECTORY_NOT_FOUND) return !f->exists;
    if (err != OK) sim_client_fails("open", err);
    for (;;) {
        const struct file_read_in in = {.offset = size, .count = READ_BYTES};
        struct file_read_out out;
        err = file_read(handles[file], &in, &out);
        if (err == FILE_DAMAGED) {
            sim_client_damaged(OF_FILES);
            return true; /* nobody knows */
        }
        if (err == FILE_AWAY) sys_yield();
        if (cut_off(err) || err == FILE_AWAY) continue;
        if (err != OK) sim_client_fails("read", err);
        if (out.data.len == 0) break;
        if (size + out.data.len > FILE_BYTES) return false;
        memcpy(seen + size, out.data.at, out.data.len);
        size += out.data.len;
    }
    return f->exists && size == f->size && memcmp(seen, f->bytes, size) == 0;
}

static bool all_are_as(const struct model_state *s)
{
    for (uint32_t i = 0; i < FILES; i++) {
        if (!is_as(i, &s->file[i])) return false;
    }
    return true;
}

/* It was cut off: what was under way happened, or did not. */
static void find_out(void)
{
    if (!all_are_as(&model->now)) {
        if (!model->pending || !all_are_as(&model->next)) sim_client_fails("lost", 0);
        model->now = model->next;
    }
    model->pending = false;
}

/* The file is there, if empty. True: it is open. */
static bool opened(uint32_t file)
{
    model->next.file[file].exists = true;
    model->pending = true;
    model->result = handle_open(file, true);
    if (model->result == OK) model->now.file[file].exists = true;
    return model->result == OK;
}

static void step_write(uint32_t file)
{
    struct model_file *f = &model->next.file[file];
    struct file_write_in in = {.offset = sim_random(FILE_BYTES - WRITE_BYTES)};
    uint8_t bytes[WRITE_BYTES];
    struct file_write_out out;
    if (!opened(file)) return;
    in.data = data_from(bytes, 1 + sim_random(WRITE_BYTES));
    memset(bytes, (int)sim_random(256), sizeof(bytes));
    if (in.offset > f->size) memset(f->bytes + f->size, 0, in.offset - f->size);
    memcpy(f->bytes + in.offset, bytes, in.data.len);
    if (f->size < in.offset + in.data.len) f->size = (uint32_t)in.offset + in.data.len;
    model->result = file_write(handles[file], &in, &out);
}

static void step_truncate(uint32_t file)
{
    struct model_file *f = &model->next.file[file];
    uint32_t size = sim_random(FILE_BYTES);
    if (!opened(file)) return;
    if (size > f->size) memset(f->bytes + f->size, 0, size - f->size);
    f->size = size;
    model->result = file_truncate(handles[file], &(struct file_truncate_in){.size = size});
}

static void step_remove(uint32_t file)
{
    bool there = model->now.file[file].exists;
    model->next.file[file] = (struct model_file){0};
    model->pending = true;
    handle_close(file);
    int err = directory_remove(files, &(struct directory_remove_in){.path = path_of(file)});
    if (err == DIRECTORY_NOT_FOUND && !there) err = OK;
    model->result = err;
}

static void step_rename(uint32_t file)
{
    uint32_t to = sim_random(FILES);
    bool there = model->now.file[file].exists;
    char source[3];
    memcpy(source, path_of(file).at, 3);
    if (there && to != file) {
        model->next.file[to] = model->next.file[file];
        model->next.file[file] = (struct model_file){0};
    }
    model->pending = true;
    handle_close(file);
    handle_close(to);
    const struct directory_rename_in in = {.source = text_from(source, 3), .target = path_of(to)};
    int err = directory_rename(files, &in);
    if (err == DIRECTORY_NOT_FOUND && !there) err = OK;
    model->result = err;
}

/* Contents go to their disk. Without one, or with one that fails, they stay where they are. */
static void step_flush(void)
{
    int err = directory_flush(files);
    if (err != OK && err != DIRECTORY_AWAY && !cut_off(err)) sim_client_fails("flush", err);
}

static void step(void)
{
    static void (*const steps[])(uint32_t file) = {step_write,    step_write,  step_write,
                                                   step_truncate, step_remove, step_rename};
    uint32_t file = sim_random(FILES), what = sim_random(10);
    if (what >= 8) {
        step_flush();
        return;
    }
    if (what >= sizeof(steps) / sizeof(steps[0])) {
        if (!is_as(file, &model->now.file[file])) sim_client_fails("lost", 0);
        return;
    }
    model->next = model->now;
    steps[what](file);
    if (cut_off(model->result)) {
        find_out();
    } else if (model->result == DIRECTORY_DAMAGED) { /* part of a block that was there */
        sim_client_damaged(OF_FILES);
        model->pending = false;
    } else if (model->result == DIRECTORY_AWAY) {
        model->pending = false; /* part of a block that cannot be fetched: nothing has changed */
    } else if (model->result != OK) {
        sim_client_fails("refused", model->result);
    } else {
        model->now = model->next;
        model->pending = false;
    }
    sim_client_did();
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    files = startup_cap("files");
    number = sim_client_number();
    model = sim_client_memory(sizeof(*model));
    find_out();
    for (;;) {
        step();
    }
}
