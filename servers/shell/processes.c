/* processes.c - commands on processes and services. */
#include "bytes.h"
#include "commands.h"
#include "idl/registry.h"
#include "print.h"
#include "slots.h"
#include "spawn.h"
#include "text.h"

/* The service with that pid: its name, or the digits as they are. */
static const char *service_of_pid(uint64_t pid, const char *digits, char out_name[33])
{
    struct registry_list_in in = {0};
    struct registry_list_out out = {.more = true};

    while (out.more && registry_list(CAP_SLOT_REGISTRY, &in, &out) == OK) {
        for (uint32_t i = 0; i < out.services.count; i++) {
            const struct registry_service *s = &out.services.at[i];
            if (s->pid != pid) continue;
            (void)text_copy(out_name, 33, s->name.at, s->name.len);
            return out_name;
        }
        in.after += out.services.count;
    }
    return digits;
}

int handle_find(struct shell *sh, const char *name, struct handle *out_handle)
{
    const struct job *job = job_find(sh, name);
    uint64_t pid;
    char service[33];

    if (job != NULL) {
        *out_handle = (struct handle){.cap = job->process};
        return OK;
    }
    if (shell_number(name, &pid) && pid != 0) name = service_of_pid(pid, name, service);
    struct registry_process_in in = {.name = text_from(name, strlen(name))};
    struct registry_process_out out = {.process = {.slot = slot_alloc()}};
    int err = registry_process(CAP_SLOT_REGISTRY, &in, &out);
    if (err != OK) {
        slot_discard(out.process.slot);
        return err;
    }
    *out_handle = (struct handle){.cap = out.process.slot, .temporary = true};
    return OK;
}

int handle_failed(struct shell *sh, const char *name, int err)
{
    uint64_t pid = UINT64_MAX;
    bool digits = shell_number(name, &pid);

    if (err == REGISTRY_NO_SERVICE && (digits ? pid == 0 : strcmp(name, "axiom") == 0))
        return shell_refused(sh, name, "holds all authority, and nobody holds it");
    if (err == REGISTRY_NO_SERVICE && (digits ? pid == 1 : strcmp(name, "init") == 0))
        return shell_refused(sh, name, "holds all services, and nobody could start it again");
    return shell_failed(sh, name, REGISTRY_ID, err);
}

void handle_drop(struct handle *handle)
{
    if (handle->temporary) slot_discard(handle->cap);
}

static const char *state_name(enum axiom_process_info_state state)
{
    switch (state) {
    case AXIOM_PROCESS_INFO_STATE_BUILDING:
        return "building";
    case AXIOM_PROCESS_INFO_STATE_RUNNING:
        return "running";
    case AXIOM_PROCESS_INFO_STATE_FAULTED:
        return "faulted";
    case AXIOM_PROCESS_INFO_STATE_EXITED:
        return "exited";
    }
    return "?";
}

static void process_print(struct shell *sh, const struct axiom_process_info *p)
{
    uint64_t hz = startup_page()->tick_hz;
    char name[40];

    (void)text_copy(name, sizeof(name), p->name.at, p->name.len);
    shell_print(sh, "%5u %6u  %-8s %4u %3u %6u/%-6u %2u/%-2u %6u %8lu  %s\n", p->pid, p->parent,
                state_name(p->state), p->priority, p->cpu, p->pages, p->pages_max, p->threads,
                p->threads_max, p->slots, hz == 0 ? 0 : p->ticks / (hz / 1000 + 1), name);
}

int run_ps(struct shell *sh, int argc, char **argv)
{
    struct observe_processes_in in = {0};
    struct observe_processes_out out;
    uint64_t pids[256];
    int err = sh->observe == 0 ? ERR_CAP_EMPTY : observe_processes(sh->observe, &in, &out);

    (void)argc;
    (void)argv;
    if (err != OK) return shell_failed(sh, "observe", OBSERVE_ID, err);
    uint32_t count = out.pids.count;
    memcpy(pids, out.pids.at, count * sizeof(pids[0]));
    shell_print(sh, "  PID PARENT  STATE    PRIO CPU     PAGES     THREADS SLOTS   CPU ms  NAME\n");
    /* Axiom keeps the processes and is none of them: it has no quota, and nobody's object. */
    shell_print(
        sh, "    0      -  running   all the authority, and none of the quotas            axiom\n");
    for (uint32_t i = 0; i < count && !shell_stopped(sh); i++) {
        struct observe_process_in which = {.pid = (uint32_t)pids[i]};
        struct observe_process_out one;
        if (observe_process(sh->observe, &which, &one) != OK) continue; /* gone meanwhile */
        process_print(sh, &one.info);
    }
    return STATUS_OK;
}

static const char *life_name(enum registry_service_state state)
{
    switch (state) {
    case REGISTRY_SERVICE_STATE_WAITING:
        return "waiting";
    case REGISTRY_SERVICE_STATE_STARTING:
        return "starting";
    case REGISTRY_SERVICE_STATE_READY:
        return "ready";
    case REGISTRY_SERVICE_STATE_BACKOFF:
        return "backoff";
    case REGISTRY_SERVICE_STATE_DISABLED:
        return "disabled";
    case REGISTRY_SERVICE_STATE_STOPPED:
        return "stopped";
    }
    return "?";
}

int run_services(struct shell *sh, int argc, char **argv)
{
    struct registry_list_in in = {0};
    struct registry_list_out out = {.more = true};

    (void)argc;
    (void)argv;
    shell_print(sh, "STATE      PID RESTARTS  NAME\n");
    while (out.more) {
        char lines[16 * 80];
        struct out o = out_to(lines, sizeof(lines));
        int err = registry_list(CAP_SLOT_REGISTRY, &in, &out);
        if (err != OK) return shell_failed(sh, "registry", REGISTRY_ID, err);
        for (uint32_t i = 0; i < out.services.count; i++) {
            const struct registry_service *s = &out.services.at[i];
            out_print(&o, "%-8s %5u %8u  %.*s\n", life_name(s->state), s->pid, s->restarts,
                      (int)s->name.len, s->name.at);
        }
        in.after += out.services.count;
        shell_bytes(sh, o.at, o.len);
    }
    return STATUS_OK;
}

int run_spawn(struct shell *sh, int argc, char **argv)
{
    struct program p = {.argc = (uint32_t)argc - 1, .argv = (const char *const *)argv + 1};
    const struct job *job = job_start(sh, &p);

    if (job == NULL) return STATUS_ERROR;
    shell_print(sh, "%s: pid %u\n", job->name, job->pid);
    return STATUS_OK;
}

int run_kill(struct shell *sh, int argc, char **argv)
{
    struct process_kill_in in = {.code = STATUS_INTERRUPTED};
    struct handle handle;
    int err = handle_find(sh, argv[1], &handle);

    (void)argc;
    if (err != OK) return handle_failed(sh, argv[1], err);
    err = process_kill(handle.cap, &in);
    handle_drop(&handle);
    return err == OK ? STATUS_OK : shell_failed(sh, argv[1], PROCESS_ID, err);
}

int run_restart(struct shell *sh, int argc, char **argv)
{
    struct registry_restart_in in = {.name = text_from(argv[1], strlen(argv[1]))};
    int err = registry_restart(CAP_SLOT_REGISTRY, &in);

    (void)argc;
    return err == OK ? STATUS_OK : handle_failed(sh, argv[1], err);
}

static bool rights_parse(const char *text, uint8_t *out_rights)
{
    *out_rights = 0;
    for (; *text != '\0'; text++) {
        if (*text == 'r') {
            *out_rights |= RIGHT_READ;
        } else if (*text == 'w') {
            *out_rights |= RIGHT_WRITE;
        } else if (*text == 'g') {
            *out_rights |= RIGHT_GRANT;
        } else {
            return false;
        }
    }
    return true;
}

int run_grant(struct shell *sh, int argc, char **argv)
{
    uint64_t source, slot;
    uint8_t rights = RIGHTS_ALL;
    struct handle handle;
    char what[100];

    if (!shell_number(argv[1], &source) || source == 0 || source > UINT32_MAX) {
        return shell_wrong(sh, "SLOT is a number");
    }
    if (!shell_number(argv[3], &slot) || slot == 0 || slot > UINT32_MAX) {
        return shell_wrong(sh, "NEWSLOT is a number");
    }
    if (argc > 4 && !rights_parse(argv[4], &rights)) {
        return shell_wrong(sh, "RIGHTS are letters of r, w, g");
    }
    int err = handle_find(sh, argv[2], &handle);
    if (err != OK) return handle_failed(sh, argv[2], err);
    struct process_grant_in in = {.source = {.slot = (cap_t)source, .rights = RIGHTS_ALL},
                                  .slot = (uint32_t)slot,
                                  .rights = rights};
    err = process_grant(handle.cap, &in);
    handle_drop(&handle);
    if (err == OK) return STATUS_OK;
    print_format(what, sizeof(what), "slot %lu to slot %lu of %s", source, slot, argv[2]);
    return shell_failed(sh, what, PROCESS_ID, err);
}

int run_revoke(struct shell *sh, int argc, char **argv)
{
    uint64_t slot;
    struct handle handle;
    char what[100];

    (void)argc;
    if (!shell_number(argv[2], &slot) || slot == 0 || slot > UINT32_MAX) {
        return shell_wrong(sh, "SLOT is a number");
    }
    int err = handle_find(sh, argv[1], &handle);
    if (err != OK) return handle_failed(sh, argv[1], err);
    struct process_revoke_in in = {.slot = (uint32_t)slot};
    err = process_revoke(handle.cap, &in);
    handle_drop(&handle);
    if (err == OK) return STATUS_OK;
    print_format(what, sizeof(what), "slot %lu of %s", slot, argv[1]);
    return shell_failed(sh, what, PROCESS_ID, err);
}
