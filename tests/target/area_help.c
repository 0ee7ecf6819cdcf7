/* area_help.c - see area.h. */
#include "area.h"

#include "slots.h"

int area_create(uint64_t address, uint32_t pages, cap_t slot)
{
    const struct self_memory_create_in in = {.address = address, .pages = pages};
    struct self_memory_create_out out = {.memory = {.slot = slot}};

    return self_memory_create(CAP_SLOT_SELF, &in, &out);
}

int area_attach(cap_t memory, uint64_t address, bool write, cap_t gone)
{
    const struct self_memory_attach_in in = {.memory = {.slot = memory, .rights = RIGHTS_ALL},
                                             .address = address,
                                             .write = write,
                                             .gone = {.slot = gone, .rights = RIGHTS_ALL}};
    struct self_memory_attach_out out = {0};
    int err = self_memory_attach(CAP_SLOT_SELF, &in, &out);

    return err == OK && out.pages != AREA_PAGES ? -1 : err;
}

int area_detach(uint64_t address)
{
    const struct self_memory_detach_in in = {.address = address};

    return self_memory_detach(CAP_SLOT_SELF, &in);
}

int area_revoke(cap_t memory)
{
    const struct self_memory_revoke_in in = {.memory = {.slot = memory, .rights = RIGHTS_ALL}};

    return self_memory_revoke(CAP_SLOT_SELF, &in);
}

struct memory_info_out area_info(cap_t memory)
{
    struct memory_info_out out = {0};

    EXPECT_IS(memory_info(memory, &out), OK);
    return out;
}

uint32_t area_own_pages(void)
{
    struct self_info_out out = {0};

    EXPECT_IS(self_info(CAP_SLOT_SELF, &out), OK);
    return out.info.pages;
}

/* Maps what it got, says so, and does with it what the word says. */
int child_area_maps(void)
{
    char what = test_word()[0];
    uint64_t word;
    int err = area_attach(startup_cap("memory"), PEERS, what == 'w', 0);

    uint64_t seen = err == OK ? *word_at(PEERS) : 0;
    if (sys_signal(startup_cap("ready")) != OK) return 1;
    if (err != OK) return err;
    if (sys_wait(startup_cap("go"), &word) != OK) return 4;
    if (what == 'd' && area_detach(PEERS) != OK) return 2;
    if (what == 'v') return area_revoke(startup_cap("memory"));
    if (what == 'w' || what == 'x') *word_at(PEERS) = ANSWER;
    return (int)(what == 'e' ? seen : *word_at(PEERS));
}

bool peer_start(struct peer *p, cap_t memory, const char *what, uint32_t pages)
{
    *p = (struct peer){.ready = test_notification(1), .go = test_notification(1)};
    struct spawn_cap caps[] = {{.name = "memory", .source = memory, .rights = RIGHTS_ALL},
                               {.name = "ready", .source = p->ready, .rights = RIGHT_WRITE},
                               {.name = "go", .source = p->go, .rights = RIGHT_READ}};
    struct test_child_args args = {.name = "area_maps",
                                   .caps = caps,
                                   .cap_count = TEST_COUNT(caps),
                                   .word = what,
                                   .pages = pages};

    return test_child_start(&args, &p->child);
}

/* Until it has mapped it. */
bool peer_ready(struct peer *p, cap_t memory, const char *what)
{
    uint64_t word;

    if (!peer_start(p, memory, what, 0)) return false;
    EXPECT_IS(sys_wait(p->ready, &word), OK);
    return true;
}

int peer_result(struct peer *p)
{
    EXPECT_IS(sys_signal(p->go), OK);
    return test_child_wait(&p->child);
}

void peer_faults(struct peer *p, uint64_t code)
{
    struct test_fault fault;

    EXPECT_IS(sys_signal(p->go), OK);
    if (!test_fault_wait(&p->child, &fault)) return;
    EXPECT_IS(fault.w[0], VECTOR_PAGE);
    EXPECT_IS(fault.w[2], PEERS);
    EXPECT_IS(fault.w[1], code);
}

cap_t area_new(void)
{
    cap_t memory = test_slot();

    EXPECT_IS(area_create(PLACE, AREA_PAGES, memory), OK);
    *word_at(PLACE) = KNOWN;
    return memory;
}

void area_end(cap_t memory)
{
    EXPECT_IS(area_detach(PLACE), OK);
    struct memory_info_out out;
    EXPECT_IS(memory_info(memory, &out), MEMORY_GONE);
}
