/* process.c - processes as axiom makes them: quotas, memory, threads, their end. */
#include "memory.h"
#include "random.h"
#include "slots.h"
#include "test.h"

enum { PAGES = 160, RANDOM_CALLS = 100000 };
#define HEAP STARTUP_HEAP

static int child_exits(void)
{
    return 42;
}

static int child_takes_all_memory(void)
{
    uint64_t at = HEAP;

    for (uint32_t i = 0; i < 4 * PAGES; i++, at += MEMORY_PAGE) {
        int err = memory_map(at, 1, RIGHT_READ | RIGHT_WRITE);
        if (err == SELF_QUOTA) return i > 0 && i <= PAGES ? 0 : 1;
        if (err != OK) return 100 + err;
        *(volatile uint64_t *)at = at;
    }
    return 2;
}

static int child_takes_all_slots(void)
{
    for (cap_t slot = slot_alloc(); slot != 0; slot = slot_alloc()) {
        struct self_endpoint_create_in in = {.slot = slot};
        int err = self_endpoint_create(CAP_SLOT_SELF, &in);
        if (err != OK && err != SELF_QUOTA) return 100 + err;
    }
    struct self_endpoint_create_in outside = {.slot = 1 << 20};
    return self_endpoint_create(CAP_SLOT_SELF, &outside) == OK ? 1 : 0;
}

static int child_maps(void)
{
    volatile uint64_t *page = (volatile uint64_t *)HEAP;

    if (memory_map(HEAP, 2, RIGHT_READ | RIGHT_WRITE) != OK) return 1;
    if (page[0] != 0 || page[1023] != 0) return 2;
    page[0] = 0x5555;
    if (memory_map(HEAP + MEMORY_PAGE, 1, RIGHT_READ) == OK) return 3;
    if (memory_unmap(HEAP, 2) != OK) return 4;
    if (memory_map(HEAP, 1, RIGHT_READ | RIGHT_WRITE) != OK) return 5;
    return page[0] == 0 ? 0 : 6; /* never what somebody left there */
}

static int child_maps_wrongly(void)
{
    if (memory_map(HEAP + 8, 1, RIGHT_READ) != SELF_BAD_ADDRESS) return 1;
    if (memory_map(0xffffffff80000000ull, 1, RIGHT_READ) != SELF_BAD_ADDRESS) return 2;
    if (memory_map(HEAP, 1, RIGHT_WRITE | MAP_EXEC) == OK) return 3;
    if (memory_map(HEAP, 1, RIGHT_READ | RIGHT_WRITE | MAP_EXEC) == OK) return 4;
    if (memory_map(STARTUP_PROGRAM, 1, RIGHT_READ) == OK) return 6;
    return memory_unmap(HEAP, 1) == OK ? 7 : 0;
}

static int child_spins(void)
{
    for (;;) {
        __asm__ volatile("");
    }
}

/* Holds nothing, and asks the kernel for everything. Ends by an undefined instruction. */
static int child_random_calls(void)
{
    uint64_t seed = 0x9e3779b97f4a7c15ull;

    for (cap_t slot = 1; slot < startup_page()->slot_count; slot++) {
        (void)sys_drop(slot);
    }
    for (uint32_t i = 0; i < test_scaled(RANDOM_CALLS); i++) {
        struct message m = {.cap = random_next(&seed) & (i % 2 == 0 ? 0x3f : ~0ull),
                            .info = random_next(&seed),
                            .aux = random_next(&seed)};
        for (uint32_t w = 0; w < MSG_REGISTERS; w++) {
            m.w[w] = random_next(&seed) >> (i % 64);
        }
        uint64_t number = SYS_BASE + random_next(&seed) % (SYS_END - SYS_BASE + 2);
        if (number == SYS_DEBUG) continue;
        if (trap(number, &m) == OK && number != SYS_YIELD) return 1;
    }
    __builtin_trap();
}

static void expect_code(const char *name, uint32_t pages, int code)
{
    struct test_child_args args = {.name = name, .pages = pages};
    struct test_child child;

    if (test_child_start(&args, &child)) EXPECT_IS(test_child_wait(&child), code);
}

static void exit_code(void)
{
    expect_code("exits", 0, 42);
}

static uint32_t pages_used(void)
{
    struct self_info_out out;

    EXPECT_IS(self_info(CAP_SLOT_SELF, &out), OK);
    return out.info.pages;
}

static void memory_quota(void)
{
    expect_code("takes_all_memory", PAGES, 0);
    EXPECT_IS(memory_map(STARTUP_WINDOWS_END - MEMORY_PAGE, 1, RIGHT_READ), OK);
    EXPECT_IS(memory_unmap(STARTUP_WINDOWS_END - MEMORY_PAGE, 1), OK);
}

static void slot_quota(void)
{
    expect_code("takes_all_slots", 0, 0);
}

static void memory_is_zero(void)
{
    expect_code("maps", 0, 0);
}

static void wrong_maps(void)
{
    expect_code("maps_wrongly", 0, 0);
}

/* What a process used goes back to its maker when it ends. */
static void memory_comes_back(void)
{
    expect_code("takes_all_memory", PAGES, 0);
    test_cleanup();
    uint32_t before = pages_used();

    for (uint32_t i = 0; i < 8; i++) {
        expect_code("takes_all_memory", PAGES, 0);
        test_cleanup();
    }
    EXPECT_IS(pages_used(), before);
}

static void killed_while_it_spins(void)
{
    struct test_child_args args = {.name = "spins"};
    struct test_child child;

    if (!test_child_start(&args, &child)) return;
    sys_yield();
    test_child_kill(&child);
    EXPECT_IS(test_child_wait(&child), 137);
    struct process_kill_in again = {.code = 1};
    EXPECT_IS(process_kill(child.process, &again), PROCESS_DEAD);
}

static void quota_is_the_makers(void)
{
    struct self_process_create_in in = {
        .name = text_from("greedy", 6),
        .quota = {.pages = 1 << 20, .slots = 64, .threads = 1, .commits = 100},
        .priority = 10};
    struct self_process_create_out out = {.process = {.slot = test_slot()}};

    EXPECT_IS(self_process_create(CAP_SLOT_SELF, &in, &out), SELF_QUOTA);
    in.quota.pages = 16;
    in.quota.slots = 63;
    EXPECT_IS(self_process_create(CAP_SLOT_SELF, &in, &out), SELF_BAD_QUOTA);
}

static void random_calls(void)
{
    struct test_fault fault;

    if (!test_fault_of("random_calls", &fault)) return;
    EXPECT_IS(fault.kind, FAULT_EXCEPTION);
    EXPECT_IS(fault.w[0], 6);
}

/* Moved about while it runs, it ends as it would have. */
static void placed_on_each_processor(void)
{
    struct test_child_args args = {.name = "spins"};
    struct test_child child;
    struct process_info_out info;
    struct process_place_in in;

    if (!test_child_start(&args, &child)) return;
    for (uint32_t round = 0; round < 4; round++) {
        for (uint32_t cpu = 0; cpu < test_cpus(); cpu++) {
            in.cpu = (uint8_t)cpu;
            EXPECT_IS(process_place(child.process, &in), OK);
            EXPECT_IS(process_info(child.process, &info), OK);
            EXPECT_IS(info.info.cpu, cpu);
        }
    }
    in.cpu = (uint8_t)test_cpus();
    EXPECT_IS(process_place(child.process, &in), PROCESS_NO_CPU);
    EXPECT_IS(process_kill(child.process, &(struct process_kill_in){.code = 7}), OK);
    EXPECT_IS(test_child_wait(&child), 7);
    EXPECT_IS(process_place(child.process, &in), PROCESS_DEAD);
}

/* Its CNode is larger than a chunk of axiom's memory. */
static void many_slots(void)
{
    const struct self_process_create_in in = {
        .name = text_from("slots", 5), .quota = {2048, 4096, 1, 100}, .priority = 1};
    struct self_process_create_out out = {.process = {.slot = test_slot()}};
    struct self_info_out before, after;

    EXPECT_IS(self_info(CAP_SLOT_SELF, &before), OK);
    EXPECT_IS(self_process_create(CAP_SLOT_SELF, &in, &out), OK);
    EXPECT_IS(process_kill(out.process.slot, &(struct process_kill_in){.code = 7}), OK);
    EXPECT_IS(self_info(CAP_SLOT_SELF, &after), OK);
    EXPECT_IS(after.info.pages, before.info.pages);
}

/* Whom faults go to and who is told of the end: either may be left out. */
static void told_by_type(void)
{
    const struct cap_arg fault = {.slot = test_endpoint(), .rights = RIGHTS_ALL};
    const struct cap_arg end = {.slot = test_notification(4), .rights = RIGHTS_ALL};
    const struct cap_arg orders[][2] = {{end}, {fault}, {fault, end}, {end, fault}};
    struct self_process_create_in in = {
        .name = text_from("told", 4), .quota = {64, 64, 1, 10}, .priority = 1};
    struct self_process_create_out out;
    uint64_t word = 0;

    for (uint32_t i = 0; i < TEST_COUNT(orders); i++) {
        bool tells = orders[i][0].slot == end.slot || orders[i][1].slot == end.slot;
        in.told = orders[i][0];
        in.also = orders[i][1];
        out.process.slot = test_slot();
        EXPECT_IS(self_process_create(CAP_SLOT_SELF, &in, &out), OK);
        EXPECT_IS(process_kill(out.process.slot, &(struct process_kill_in){.code = 7}), OK);
        EXPECT_IS(sys_poll(end.slot, &word) == OK && word == 4, tells);
    }
    in.told = in.also = fault;
    out.process.slot = test_slot();
    EXPECT_IS(self_process_create(CAP_SLOT_SELF, &in, &out), ERR_CAP_TYPE);
    in.told = in.also = end;
    EXPECT_IS(self_process_create(CAP_SLOT_SELF, &in, &out), ERR_CAP_TYPE);
    in.also = (struct cap_arg){.slot = startup_cap("irq"), .rights = RIGHTS_ALL};
    EXPECT_IS(self_process_create(CAP_SLOT_SELF, &in, &out), ERR_CAP_TYPE);
}

static const struct test tests[] = {
    {"PRC0001", "the exit code arrives", exit_code},
    {"PRC0002", "who uses up its memory fails alone", memory_quota},
    {"PRC0003", "who uses up its slots fails alone", slot_quota},
    {"PRC0004", "new memory is zero, also where there was some before", memory_is_zero},
    {"PRC0005", "wrong addresses and rights are refused", wrong_maps},
    {"PRC0006", "the memory of ended processes comes back", memory_comes_back},
    {"PRC0007", "a process that spins is killed, once", killed_while_it_spins},
    {"PRC0008", "nobody gives more than it has", quota_is_the_makers},
    {"PRC0009", "100,000 random calls by a process that holds nothing all fail", random_calls},
    {"PRC0010", "a process is placed on each processor there is", placed_on_each_processor},
    {"PRC0011", "a process of many slots ends like any other", many_slots},
    {"PRC0012", "faults and ends are told to whom the capability's type says", told_by_type},
};
static const struct child children[] = {
    {"exits", child_exits},
    {"takes_all_memory", child_takes_all_memory},
    {"takes_all_slots", child_takes_all_slots},
    {"maps", child_maps},
    {"maps_wrongly", child_maps_wrongly},
    {"spins", child_spins},
    {"random_calls", child_random_calls},
};
const struct group process_group = TEST_GROUP(tests, children);
