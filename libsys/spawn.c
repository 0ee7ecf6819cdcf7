/* spawn.c - see spawn.h. */
#include "spawn.h"

#include "bytes.h"
#include "heap.h"
#include "memory.h"
#include "slots.h"
#include "text.h"
#include "window.h"

enum { FIRST_NAMED_SLOT = 3 }; /* 1 is Self, 2 the registry's place */

static struct cap_arg whole(cap_t slot)
{
    return (struct cap_arg){.slot = slot, .rights = RIGHTS_ALL};
}

static int child_map(cap_t process, uint64_t address, uint32_t pages, uint32_t rights)
{
    for (uint32_t done = 0; done < pages;) {
        uint32_t step = pages - done;
        if (step > WINDOW_PAGES_MAX) step = WINDOW_PAGES_MAX;
        int err = process_memory_map(process, &(struct process_memory_map_in){
                                                  .address = address + (uint64_t)done * MEMORY_PAGE,
                                                  .pages = step,
                                                  .rights = (uint8_t)rights});
        if (err != OK) return err;
        done += step;
    }
    return OK;
}

/* Pages are new, hence zero: only contents are written. */
static int write_window(cap_t process, uint64_t address, const uint8_t *from, uint64_t bytes)
{
    uint64_t skip = address % MEMORY_PAGE;
    uint32_t pages = (uint32_t)((skip + bytes + MEMORY_PAGE - 1) / MEMORY_PAGE);
    uint64_t window = window_alloc(pages);
    if (window == 0) return ERR_NO_MEMORY;
    int err = process_memory_share(
        process, &(struct process_memory_share_in){
                     .address = address - skip, .pages = pages, .mine = window, .write = true});
    if (err == OK) {
        memcpy((void *)(window + skip), from, bytes);
        err = process_memory_unshare(
            process, &(struct process_memory_unshare_in){.mine = window, .pages = pages});
    }
    window_release(window, pages);
    return err;
}

int spawn_write(cap_t process, uint64_t address, const void *from, uint64_t bytes)
{
    const uint8_t *at = from;
    while (bytes > 0) {
        uint64_t room = WINDOW_PAGES_MAX * (uint64_t)MEMORY_PAGE - address % MEMORY_PAGE;
        uint64_t step = bytes < room ? bytes : room;
        int err = write_window(process, address, at, step);
        if (err != OK) return err;
        address += step;
        at += step;
        bytes -= step;
    }
    return OK;
}

static int load(const struct spawn_args *args, cap_t process, const struct elf_program *program)
{
    for (uint32_t i = 0; i < program->count; i++) {
        const struct elf_segment *segment = &program->segments[i];
        int err = child_map(process, segment->address, segment->pages, segment->rights);
        if (err == OK) {
            err = spawn_write(process, segment->address + segment->skip,
                              args->elf + segment->offset, segment->bytes);
        }
        if (err != OK) return err;
    }
    return OK;
}

/* The startup page. */

static bool add_strings(struct startup *startup, uint32_t *at, uint32_t count,
                        const char *const *strings)
{
    for (uint32_t i = 0; i < count; i++) {
        size_t len = strlen(strings[i]) + 1;
        if (len > sizeof(startup->strings) - *at) return false;
        memcpy(startup->strings + *at, strings[i], len);
        *at += (uint32_t)len;
    }
    return true;
}

/* Slots that are not given are counted up; the result is the first one above all. */
static uint32_t cap_slot(const struct spawn_cap *cap, uint32_t *next)
{
    uint32_t slot = cap->slot != 0 ? cap->slot : *next;
    if (slot >= *next) *next = slot + 1;
    return slot;
}

bool spawn_startup_fill(const struct spawn_args *args, struct startup *startup)
{
    uint32_t next = FIRST_NAMED_SLOT, at = 0;
    memset(startup, 0, sizeof(*startup));
    if (args->cap_count > STARTUP_CAPS_MAX) return false;
    for (uint32_t i = 0; i < args->cap_count; i++) {
        struct startup_cap *cap = &startup->caps[i];
        const char *name = args->caps[i].name;
        if (!text_copy(cap->name, sizeof(cap->name), name, strlen(name))) return false;
        cap->slot = cap_slot(&args->caps[i], &next);
    }
    if (next > args->quota.slots) return false;
    if (!add_strings(startup, &at, args->argc, args->argv)) return false;
    if (!add_strings(startup, &at, args->env_count, args->env)) return false;
    startup->magic = STARTUP_MAGIC;
    startup->argc = args->argc;
    startup->env_count = args->env_count;
    startup->cap_count = args->cap_count;
    startup->first_free_slot = next;
    startup->slot_count = args->quota.slots;
    startup->buffer = STARTUP_BUFFER;
    startup->heap_base = STARTUP_HEAP;
    startup->tick_hz = args->tick_hz != 0 ? args->tick_hz : startup_page()->tick_hz;
    return true;
}

static int grant_caps(const struct spawn_args *args, cap_t process, const struct startup *startup)
{
    for (uint32_t i = 0; i < args->cap_count; i++) {
        const struct spawn_cap *cap = &args->caps[i];
        if (cap->source == 0) continue;
        int err = process_grant(process, &(struct process_grant_in){.source = whole(cap->source),
                                                                    .slot = startup->caps[i].slot,
                                                                    .rights = cap->rights,
                                                                    .badge = cap->badge,
                                                                    .bound = cap->bound});
        if (err != OK) return err;
    }
    return OK;
}

static int map_image(const struct spawn_args *args, cap_t process, struct startup *startup)
{
    struct boot_image_map_out image;
    if (args->image_boot == 0) return OK;
    int err = boot_image_map(
        args->image_boot,
        &(struct boot_image_map_in){.process = whole(process), .address = STARTUP_IMAGE}, &image);
    if (err != OK) return err;
    startup->image_address = STARTUP_IMAGE + image.offset;
    startup->image_size = image.bytes;
    return OK;
}

static int map_fixed(cap_t process)
{
    int err = child_map(process, STARTUP_STACK_TOP - STARTUP_STACK_PAGES * (uint64_t)MEMORY_PAGE,
                        STARTUP_STACK_PAGES, RIGHT_READ | RIGHT_WRITE);
    if (err == OK) err = child_map(process, STARTUP_PAGE, 1, RIGHT_READ);
    if (err == OK) err = child_map(process, STARTUP_BUFFER, 1, RIGHT_READ | RIGHT_WRITE);
    return err;
}

static void undo(struct spawn_result *result)
{
    (void)process_kill(result->process, &(struct process_kill_in){.code = -1});
    slot_discard(result->process);
    result->process = 0;
}

static int create(const struct spawn_args *args, struct spawn_result *result)
{
    cap_t slot = slot_alloc();
    if (slot == 0) return SPAWN_NO_SLOT;
    struct self_process_create_in in = {.name = text_from(args->name, strlen(args->name)),
                                        .quota = args->quota,
                                        .priority = args->priority,
                                        .storage = args->storage};
    if (args->exit != 0) in.told = whole(args->exit);
    if (args->fault != 0) {
        struct cap_arg *to = args->exit != 0 ? &in.also : &in.told;
        *to = whole(args->fault);
        to->badge = args->fault_badge;
    }
    struct self_process_create_out out = {.process = {.slot = slot}};
    int err = self_process_create(CAP_SLOT_SELF, &in, &out);
    if (err != OK) {
        slot_discard(slot); /* empty, unless the answer was malformed */
        return err;
    }
    struct process_info_out info;
    result->process = slot;
    err = process_info(slot, &info);
    if (err != OK) {
        undo(result);
        return err;
    }
    result->pid = info.info.pid;
    return OK;
}

static int fill_and_start(const struct spawn_args *args, const struct spawn_result *result,
                          const struct elf_program *program, struct startup *startup)
{
    int err = load(args, result->process, program);
    if (err == OK) err = map_fixed(result->process);
    if (err == OK) err = grant_caps(args, result->process, startup);
    if (err == OK) err = map_image(args, result->process, startup);
    startup->pid = result->pid;
    if (err == OK) err = spawn_write(result->process, STARTUP_PAGE, startup, sizeof(*startup));
    if (err == OK && args->prepare != NULL) {
        err = args->prepare(args->state, result->process, result->pid);
    }
    if (err != OK) return err;
    return process_start(result->process,
                         &(struct process_start_in){.entry = program->entry,
                                                    .stack = STARTUP_STACK_TOP,
                                                    .argument = STARTUP_PAGE,
                                                    .buffer = STARTUP_BUFFER,
                                                    .fpu = args->fpu || program->fpu,
                                                    .budget_us = args->budget_us,
                                                    .period_us = args->period_us});
}

int spawn_program(const struct spawn_args *args, struct spawn_result *result)
{
    struct elf_program program;
    *result = (struct spawn_result){0};
    result->elf_error = elf_parse(args->elf, args->elf_size, &program);
    if (result->elf_error != ELF_OK) return SPAWN_BAD_FILE;

    struct startup *startup = heap_alloc(sizeof(*startup));
    if (startup == NULL) return ERR_NO_MEMORY;
    int err = SPAWN_BAD_ARGUMENTS;
    if (spawn_startup_fill(args, startup)) err = create(args, result);
    if (err == OK) {
        err = fill_and_start(args, result, &program, startup);
        if (err != OK) undo(result);
    }
    heap_free(startup);
    return err;
}
