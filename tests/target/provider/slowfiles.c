/*
 * slowfiles.c - mounts itself at /slow and answers nobody: what becomes of those who ask. For
 * tests/e2e/files.py. The exit code is 0, or the number of the first check that failed.
 */
#include "bytes.h"
#include "idl/axiom.h"
#include "idl/vfs.h"
#include "slots.h"
#include "startup.h"
#include "thread.h"

#define CHECK_THAT(what)                                                                           \
    do {                                                                                           \
        if (!(what)) return __COUNTER__ + 1;                                                       \
    } while (0)

enum { ASKERS = 5, WAITED_FOR = 4 /* of one provider, servers/vfs/remote.c */, STACK_PAGES = 2 };

static cap_t files, done;
static volatile int results[ASKERS];
static volatile uint64_t ticks[ASKERS];

static struct text text_of(const char *text)
{
    return text_from(text, strlen(text));
}

static void ask(void *argument)
{
    uint32_t i = (uint32_t)(uintptr_t)argument;
    struct directory_stat_out out;
    uint64_t start = ticks_now(), word;

    results[i] =
        directory_stat(files, &(struct directory_stat_in){.path = text_of("/slow/x")}, &out);
    ticks[i] = ticks_now() - start;
    (void)sys_signal(done);
    for (;;) { /* a thread does not return */
        struct self_notification_create_in never = {.slot = slot_alloc()};
        (void)self_notification_create(CAP_SLOT_SELF, &never);
        (void)sys_wait(never.slot, &word);
    }
}

/* Four are waited for, and told after two seconds; one more is told at once that they are many. */
static int check(void)
{
    uint64_t hz = startup_page()->tick_hz;
    uint32_t silent = 0, busy = 0;

    for (uint32_t i = 0; i < ASKERS; i++) {
        if (results[i] == DIRECTORY_SILENT) {
            silent++;
            CHECK_THAT(ticks[i] >= 2 * hz);
        }
        if (results[i] == DIRECTORY_BUSY) {
            busy++;
            CHECK_THAT(ticks[i] < 2 * hz);
        }
    }
    CHECK_THAT(silent == WAITED_FOR);
    CHECK_THAT(busy == ASKERS - WAITED_FOR);
    return 0;
}

int main(int argc, char **argv)
{
    struct directory_mount_out out = {.provider = {.slot = slot_alloc()}};
    struct self_notification_create_in note = {.slot = slot_alloc(), .badge = 1};
    const struct text path = text_of("/slow");
    struct directory_stat_out stat;
    struct self_sync_out sync;
    uint64_t word;

    (void)argc;
    (void)argv;
    files = startup_cap("files");
    CHECK_THAT(self_notification_create(CAP_SLOT_SELF, &note) == OK);
    done = note.slot;
    CHECK_THAT(directory_mkdir(files, &(struct directory_mkdir_in){.path = path}) == OK);
    CHECK_THAT(directory_mount(files, &(struct directory_mount_in){.path = path}, &out) == OK);
    for (uint32_t i = 0; i < ASKERS; i++) {
        const struct thread_args args = {.entry = ask,
                                         .argument = (void *)(uintptr_t)i,
                                         .stack_pages = STACK_PAGES,
                                         .priority = UINT8_MAX};
        uint32_t thread;
        CHECK_THAT(thread_create(&args, &thread) == OK);
    }
    for (uint32_t left = ASKERS; left > 0;) {
        CHECK_THAT(sys_wait(done, &word) == OK);
        left = 0;
        for (uint32_t i = 0; i < ASKERS; i++) {
            left += results[i] == 0;
        }
    }
    int wrong = check();
    if (wrong != 0) return wrong;
    slot_discard(out.provider.slot); /* now nobody answers there, as axiom is to hear */
    CHECK_THAT(self_sync(CAP_SLOT_SELF, &sync) == OK);
    CHECK_THAT(directory_stat(files, &(struct directory_stat_in){.path = text_of("/slow/x")},
                              &stat) == DIRECTORY_GONE);
    CHECK_THAT(directory_unbind(files, &(struct directory_unbind_in){.target = path}) == OK);
    return 0;
}
