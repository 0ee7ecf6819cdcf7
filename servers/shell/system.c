/* system.c - commands about the machine and the shell itself, and the diagnostic programs. */
#include "bytes.h"
#include "commands.h"
#include "idl/power.h"
#include "slots.h"
#include "startup.h"

enum { PINGPONG_ROUNDS_MAX = 1000000, MEMHOG_PAGES = 256 };

enum { USAGE_WIDTH = 34 }; /* what is longer has a line of its own */

int run_help(struct shell *sh, int argc, char **argv)
{
    if (argc > 1) {
        const struct row *row = row_find(argv[1]);
        if (row == NULL) return shell_wrong(sh, "no such command");
        shell_print(sh, "%s\nusage: %s\n", row->help, row->usage);
        return STATUS_OK;
    }
    for (uint32_t i = 0; i < row_count; i++) {
        bool fits = strlen(rows[i].usage) < USAGE_WIDTH;
        if (!fits) shell_print(sh, "%s\n", rows[i].usage);
        shell_column(sh, USAGE_WIDTH, fits ? rows[i].usage : "");
        shell_print(sh, "%s\n", rows[i].help);
    }
    shell_print(sh,
                "Between commands: `;`, && (if it succeeded), || (if not), | (what it prints is "
                "read by the next).\n> FILE, >> FILE, < FILE; $NAME and $? in words; * ? [ab] "
                "match names; `sh FILE` runs a script.\n"
                "A program of /bin or $PATH runs by its name. Ctrl-C ends what runs. `man "
                "COMMAND` tells more.\n");
    return STATUS_OK;
}

/* Without an IOMMU nothing stops a device from reaching all memory, if its driver tells it to. */
static void trusted_show(struct shell *sh)
{
    struct observe_process_in in = {0};
    struct observe_processes_out list;
    struct observe_process_out out;
    uint32_t pids[256], count = 0;
    if (observe_processes(sh->observe, &(struct observe_processes_in){0}, &list) == OK) {
        count = list.pids.count;
        for (uint32_t i = 0; i < count; i++) {
            pids[i] = (uint32_t)list.pids.at[i];
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        in.pid = pids[i];
        if (observe_process(sh->observe, &in, &out) != OK || out.info.mastering == 0) continue;
        shell_print(sh, "trusted  %.*s (pid %u): its device reaches all memory\n",
                    (int)out.info.name.len, out.info.name.at, in.pid);
    }
}

int run_mem(struct shell *sh, int argc, char **argv)
{
    struct observe_memory_out m;
    int err = sh->observe == 0 ? ERR_CAP_EMPTY : observe_memory(sh->observe, &m);

    (void)argc;
    (void)argv;
    if (err != OK) return shell_failed(sh, "observe", OBSERVE_ID, err);
    uint64_t used = m.total_pages - m.free_pages - m.own_free_pages;
    shell_print(sh,
                "memory   %8lu KiB\nused     %8lu KiB, of these\n  kernel %8lu KiB\n"
                "  logs   %8lu KiB, their reserve\naxiom's  %8lu KiB, set aside for what it makes\n"
                "free     %8lu KiB\ncommits  %8lu of %lu that have no other place yet\n",
                m.total_pages * 4, used * 4, m.kernel_pages * 4, m.log_pages * 4,
                m.own_free_pages * 4, m.free_pages * 4, m.commits_held, m.commits_max);
    if (m.held_pages != 0)
        shell_print(sh, "held     %8lu KiB, until devices that know them are reset\n",
                    m.held_pages * 4);
    trusted_show(sh);
    return STATUS_OK;
}

int run_uptime(struct shell *sh, int argc, char **argv)
{
    uint64_t hz = startup_page()->tick_hz;

    (void)argc;
    (void)argv;
    if (hz < 1000) return shell_failed(sh, "no clock", 0, ERR_RANGE);
    uint64_t ms = ticks_now() / (hz / 1000);
    shell_print(sh, "%lu.%03lu s\n", ms / 1000, ms % 1000);
    return STATUS_OK;
}

int run_clear(struct shell *sh, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    shell_print(sh, "\x1b[H\x1b[2J");
    return STATUS_OK;
}

int run_history(struct shell *sh, int argc, char **argv)
{
    uint32_t count = sh->history.count < HISTORY_LINES ? sh->history.count : HISTORY_LINES;

    (void)argc;
    (void)argv;
    for (uint32_t back = count; back > 0; back--) {
        shell_print(sh, "%4u  %s\n", sh->history.count - back + 1,
                    history_back(&sh->history, back));
    }
    return STATUS_OK;
}

int run_reboot(struct shell *sh, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    if (sh->power != 0) log_keep(sh);
    return shell_failed(sh, "power", POWER_ID,
                        sh->power == 0 ? ERR_CAP_EMPTY : power_reboot(sh->power));
}

int run_poweroff(struct shell *sh, int argc, char **argv)
{
    struct power_off_in in = {.code = 0};

    (void)argc;
    (void)argv;
    if (sh->power != 0) log_keep(sh);
    return shell_failed(sh, "power", POWER_ID,
                        sh->power == 0 ? ERR_CAP_EMPTY : power_off(sh->power, &in));
}

int run_exit(struct shell *sh, int argc, char **argv)
{
    uint64_t code = 0;

    if (argc > 1 && (!shell_number(argv[1], &code) || code > 255)) {
        return shell_wrong(sh, "STATUS is a number from 0 to 255");
    }
    if (script_runs(sh)) {
        script_end(sh);
        return (int)code;
    }
    /* Init starts this shell again, but not without room in the log: nobody could type then. */
    struct observe_memory_out m;
    bool full = sh->observe != 0 && observe_memory(sh->observe, &m) == OK && m.log_full;
    if (full && startup_cap("terminal") == 0)
        return shell_refused(sh, "the log is full",
                             "no shell could start again; use reboot or poweroff");
    sh->exit_code = (int)code;
    sh->leaving = true;
    return STATUS_OK;
}

/* Both ends get one right each to an endpoint of ours, which goes with them. */
int run_pingpong(struct shell *sh, int argc, char **argv)
{
    uint64_t rounds = 10000;

    if (argc > 1 &&
        (!shell_number(argv[1], &rounds) || rounds == 0 || rounds > PINGPONG_ROUNDS_MAX)) {
        return shell_wrong(sh, "ROUNDS is a number from 1 to 1000000");
    }
    const char *const pong_argv[] = {"pingpong", "pong"};
    const char *const ping_argv[] = {"pingpong", "ping", argc > 1 ? argv[1] : "10000"};
    struct self_endpoint_create_in in = {.slot = slot_alloc()};
    int err = self_endpoint_create(CAP_SLOT_SELF, &in);
    if (err != OK) return shell_failed(sh, "endpoint", SELF_ID, err);
    struct program pong = {.name = "pong",
                           .argc = 2,
                           .argv = pong_argv,
                           .endpoint = in.slot,
                           .endpoint_rights = RIGHT_READ};
    struct program ping = {.name = "ping",
                           .argc = 3,
                           .argv = ping_argv,
                           .endpoint = in.slot,
                           .endpoint_rights = RIGHT_WRITE};
    struct job *server = job_start(sh, &pong);
    struct job *client = server != NULL ? job_start(sh, &ping) : NULL;
    int status = client != NULL ? job_wait(sh, client) : STATUS_ERROR;
    if (server != NULL && status != STATUS_OK) {
        (void)process_kill(server->process, &(struct process_kill_in){.code = status});
    }
    if (server != NULL && job_wait(sh, server) != STATUS_OK) status = STATUS_ERROR;
    slot_discard(in.slot);
    return status;
}

static int run_to_end(struct shell *sh, const struct program *p)
{
    struct job *job = job_start(sh, p);

    return job == NULL ? STATUS_ERROR : job_wait(sh, job);
}

int run_memhog(struct shell *sh, int argc, char **argv)
{
    uint64_t pages = MEMHOG_PAGES;

    if (argc > 1 && (!shell_number(argv[1], &pages) || pages < 64 || pages > 65536)) {
        return shell_wrong(sh, "PAGES is a number from 64 to 65536");
    }
    const char *const words[] = {"memhog"};
    struct program p = {.argc = 1, .argv = words, .pages = (uint32_t)pages};
    return run_to_end(sh, &p);
}

int run_spin(struct shell *sh, int argc, char **argv)
{
    uint64_t seconds;

    if (argc > 1 && !shell_number(argv[1], &seconds)) {
        return shell_wrong(sh, "SECONDS is a number");
    }
    struct program p = {.argc = (uint32_t)argc, .argv = (const char *const *)argv};
    return run_to_end(sh, &p);
}
