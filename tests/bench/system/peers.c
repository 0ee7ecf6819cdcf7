/* peers.c - the other side of a row: made, reached, ended. */
#include "bench.h"
#include "image.h"
#include "slots.h"

enum { PEER_PAGES = 256, PEER_SLOTS = 128, PEER_COMMITS = 5000, PRIORITY = 60 };

static struct image image;
static const struct image_file *program;

void peers_init(void)
{
    const struct startup *startup = startup_page();
    NEED(image_open((const void *)startup->image_address, startup->image_size, &image));
    program = image_find(&image, "/bin/bench");
    NEED(program != NULL);
}

cap_t new_endpoint(void)
{
    struct self_endpoint_create_in in = {.slot = slot_alloc()};
    NEED(self_endpoint_create(CAP_SLOT_SELF, &in) == OK);
    return in.slot;
}

cap_t new_notification(void)
{
    struct self_notification_create_in in = {.slot = slot_alloc(), .badge = 1};
    NEED(self_notification_create(CAP_SLOT_SELF, &in) == OK);
    return in.slot;
}

cap_t new_reply(void)
{
    struct self_reply_create_in in = {.slot = slot_alloc()};
    NEED(self_reply_create(CAP_SLOT_SELF, &in) == OK);
    return in.slot;
}

cap_t new_badge(cap_t endpoint, uint64_t badge)
{
    struct self_mint_in in = {.source = {.slot = endpoint, .rights = RIGHTS_ALL},
                              .slot = slot_alloc(),
                              .rights = RIGHT_WRITE | RIGHT_GRANT,
                              .badge = badge};
    NEED(self_mint(CAP_SLOT_SELF, &in) == OK);
    return in.slot;
}

void peer_start(const char *what, struct peer *out)
{
    const char *argv[] = {"bench", "side", what};
    struct spawn_cap caps[] = {{.name = "service", .source = out->endpoint, .rights = RIGHTS_ALL}};
    struct spawn_args args = {.name = what,
                              .elf = image_data(&image, program),
                              .elf_size = program->size,
                              .argc = 3,
                              .argv = argv,
                              .cap_count = 1,
                              .caps = caps,
                              .quota = {PEER_PAGES, PEER_SLOTS, 1, PEER_COMMITS},
                              .priority = PRIORITY,
                              .fault = out->fault,
                              .exit = out->exit};
    struct spawn_result result;
    NEED(spawn_program(&args, &result) == OK);
    out->process = result.process;
}

void peer_end(struct peer *p)
{
    (void)process_kill(p->process, &(struct process_kill_in){.code = 0});
    slot_discard(p->process);
    p->process = 0;
}
