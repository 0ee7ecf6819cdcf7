/* apps.c - an application and its view: two processes, of which only the view has the terminal. */
#include "bytes.h"
#include "commands.h"
#include "idl/axiom.h"
#include "slots.h"
#include "spawn.h"

enum { APP_PAGES = 160, INPUTS_MAX = 16 };

/* Whichever of the two ends first, the other ends, too. */
static int both_run(struct shell *sh, const struct program *view, const struct program *app)
{
    struct process_kill_in kill = {.code = STATUS_OK};
    struct job *viewing = job_start(sh, view);
    struct job *running = viewing != NULL ? job_start(sh, app) : NULL;
    int status = running != NULL ? job_wait(sh, running) : STATUS_ERROR;

    if (viewing == NULL) return status;
    (void)process_kill(viewing->process, &kill);
    (void)job_wait(sh, viewing);
    return status;
}

int run_view(struct shell *sh, int argc, char **argv)
{
    const char *view_argv[INPUTS_MAX + 1] = {"view"};
    const char *const app_argv[] = {argv[1]};
    struct self_endpoint_create_in in = {.slot = slot_alloc()};
    int err = self_endpoint_create(CAP_SLOT_SELF, &in);

    if (err != OK) return shell_failed(sh, "endpoint", SELF_ID, err);
    for (int i = 2; i < argc; i++) {
        view_argv[i - 1] = argv[i];
    }
    const struct spawn_cap only = {.name = "view", .source = in.slot, .rights = RIGHT_WRITE};
    const struct program view = {.argc = (uint32_t)argc - 1,
                                 .argv = view_argv,
                                 .endpoint = in.slot,
                                 .endpoint_rights = RIGHT_READ};
    const struct program app = {
        .argc = 1, .argv = app_argv, .pages = APP_PAGES, .caps = &only, .cap_count = 1};
    int status = both_run(sh, &view, &app);
    slot_discard(in.slot);
    return status;
}
