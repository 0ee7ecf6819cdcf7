/* wall.c - memory walls: what is not one's own, not mapped so, or not mapped any more. */
#include "bytes.h"
#include "memory.h"
#include "slots.h"
#include "test.h"

enum { VECTOR_PROTECTION = 13, VECTOR_PAGE = 14, PRESENT = 1, WRITE = 2, USER = 4, FETCH = 16 };
enum { PAGES = 96, ROUNDS = 4, SPARSE = 64, FILL = 0x5a };
#define AREA STARTUP_HEAP
#define WINDOW (STARTUP_WINDOWS_END - 64 * (uint64_t)MEMORY_PAGE)
#define LAST_PAGE (USER_MAX - MEMORY_PAGE)
#define KERNEL_ADDRESS 0xffffffff80100000ull
#define KERNEL_HALF 0xffff800000000000ull
#define NOT_CANONICAL 0x0000900000000000ull
#define SECRET 0x5ec2e7a95ec2e7a9ull
#define RET 0xc3

static int read_at(uint64_t address)
{
    return (int)*(volatile uint64_t *)address;
}

static int write_at(uint64_t address)
{
    *(volatile uint64_t *)address = 1;
    return 0;
}

static int run_at(uint64_t address)
{
    void (*code)(void) = (void (*)(void))address;

    code();
    return 0;
}

static int run_bytes_at(uint64_t address)
{
    *(volatile uint8_t *)address = RET;
    return run_at(address);
}

/* X(number, name, text, vector, address, code, what the child does) */
#define WALLS(X)                                                                                   \
    X(0010, writes_kernel, "the kernel cannot be written", VECTOR_PAGE, KERNEL_ADDRESS,            \
      USER | WRITE, write_at(KERNEL_ADDRESS))                                                      \
    X(0011, writes_all_memory, "the kernel's window on memory cannot be written", VECTOR_PAGE,     \
      KERNEL_HALF + 4096, USER | WRITE, write_at(KERNEL_HALF + 4096))                              \
    X(0012, runs_all_memory, "the kernel's window on memory cannot be run", VECTOR_PAGE,           \
      KERNEL_HALF + 4096, USER | FETCH, run_at(KERNEL_HALF + 4096))                                \
    X(0013, writes_null, "null cannot be written", VECTOR_PAGE, 0, USER | WRITE, write_at(0))      \
    X(0014, reads_beyond, "nothing is mapped above the user's range", VECTOR_PAGE, USER_MAX, USER, \
      read_at(USER_MAX))                                                                           \
    X(0015, reads_across, "an access from the last page into the hole faults", VECTOR_PAGE,        \
      USER_MAX, USER, map_and_read(LAST_PAGE, MEMORY_PAGE - 4))                                    \
    X(0016, writes_hole, "an address that is not canonical cannot be written", VECTOR_PROTECTION,  \
      0, 0, write_at(NOT_CANONICAL))                                                               \
    X(0017, writes_read_only, "read-only memory cannot be written", VECTOR_PAGE, AREA,             \
      PRESENT | USER | WRITE, map_and_write(RIGHT_READ))                                           \
    X(0018, writes_code_page, "executable memory cannot be written", VECTOR_PAGE, AREA,            \
      PRESENT | USER | WRITE, map_and_write(RIGHT_READ | MAP_EXEC))                                \
    X(0019, runs_heap, "writable memory cannot be run", VECTOR_PAGE, AREA, PRESENT | USER | FETCH, \
      map_and_run())                                                                               \
    X(0020, runs_stack, "a stack cannot be run", VECTOR_PAGE, STARTUP_STACK_TOP - 8,               \
      PRESENT | USER | FETCH, run_bytes_at(STARTUP_STACK_TOP - 8))                                 \
    X(0021, runs_buffer, "the message page cannot be run", VECTOR_PAGE, STARTUP_BUFFER,            \
      PRESENT | USER | FETCH, run_bytes_at(STARTUP_BUFFER))                                        \
    X(0022, reads_unmapped_again, "what was unmapped is gone at once", VECTOR_PAGE, AREA, USER,    \
      unmap_and_read())                                                                            \
    X(0023, reads_next_page, "an access that ends in a missing page faults there", VECTOR_PAGE,    \
      AREA + MEMORY_PAGE, USER, map_and_read(AREA, MEMORY_PAGE - 4))

static int map_and_read(uint64_t page, uint64_t offset)
{
    return memory_map(page, 1, RIGHT_READ) == OK ? read_at(page + offset) : 1;
}

static int map_and_write(uint32_t rights)
{
    return memory_map(AREA, 1, rights) == OK ? write_at(AREA) : 1;
}

static int map_and_run(void)
{
    return memory_map(AREA, 1, RIGHT_READ | RIGHT_WRITE) == OK ? run_bytes_at(AREA) : 1;
}

static int unmap_and_read(void)
{
    if (memory_map(AREA, 1, RIGHT_READ | RIGHT_WRITE) != OK || write_at(AREA) != 0) return 1;
    if (read_at(AREA) != 1 || memory_unmap(AREA, 1) != OK) return 2;
    return read_at(AREA);
}

static void expect_wall(const struct test_fault *fault, uint32_t vector, uint64_t address,
                        uint64_t code)
{
    EXPECT_IS(fault->kind, vector == VECTOR_PAGE ? FAULT_MEMORY : FAULT_EXCEPTION);
    EXPECT_IS(fault->w[0], vector);
    EXPECT_IS(fault->w[2], address);
    /* Whether a kernel page is present is not promised to be told or not. */
    uint64_t mask = address >= KERNEL_HALF ? ~(uint64_t)PRESENT : ~0ull;
    EXPECT_IS(fault->w[1] & mask, code);
}

#define WALL(number, name, text, vector, address, code, act)                                       \
    static int child_##name(void)                                                                  \
    {                                                                                              \
        return act;                                                                                \
    }                                                                                              \
    static void name(void)                                                                         \
    {                                                                                              \
        struct test_fault fault;                                                                   \
        if (test_fault_of(#name, &fault)) expect_wall(&fault, vector, address, code);              \
    }
WALLS(WALL)

static void expect_child(const char *name, const char *word, int code)
{
    struct test_child_args args = {.name = name, .word = word, .pages = 3 * PAGES};
    struct test_child child;

    if (test_child_start(&args, &child)) EXPECT_IS(test_child_wait(&child), code);
}

/* Fills all the memory it gets. */
static int child_fills_memory(void)
{
    if (memory_map(AREA, PAGES, RIGHT_READ | RIGHT_WRITE) != OK) return 1;
    for (uint64_t *at = (uint64_t *)AREA; at < (uint64_t *)(AREA + PAGES * MEMORY_PAGE); at++) {
        *(volatile uint64_t *)at = SECRET;
    }
    memset(ipc_buffer(), FILL, sizeof(struct ipc_buffer));
    return 0;
}

static int child_finds_zeros(void)
{
    uint32_t found = 0;

    if (memory_map(AREA, PAGES, RIGHT_READ | RIGHT_WRITE) != OK) return 1;
    for (const uint64_t *at = (uint64_t *)AREA; at < (uint64_t *)(AREA + PAGES * MEMORY_PAGE);
         at++) {
        found += *at != 0;
    }
    return found == 0 ? 0 : 2;
}

static void nothing_is_left(void)
{
    for (uint32_t i = 0; i < ROUNDS; i++) {
        expect_child("fills_memory", "", 0);
        test_cleanup();
        expect_child("finds_zeros", "", 0);
        test_cleanup();
    }
}

/* The same address in two processes is two pages. */
static int child_owns_page(void)
{
    volatile uint64_t *page = (volatile uint64_t *)AREA;
    uint64_t mine = SECRET + (uint64_t)test_word()[0];

    if (memory_map(AREA, 1, RIGHT_READ | RIGHT_WRITE) != OK || *page != 0) return 1;
    for (uint32_t i = 0; i < 100; i++) {
        *page = mine + i;
        sys_yield();
        if (*page != mine + i) return 2;
    }
    return 0;
}

static void same_address(void)
{
    struct test_child_args a = {.name = "owns_page", .word = "a"};
    struct test_child_args b = {.name = "owns_page", .word = "b"};
    struct test_child first, second;

    if (!test_child_start(&a, &first) || !test_child_start(&b, &second)) return;
    EXPECT_IS(test_child_wait(&first), 0);
    EXPECT_IS(test_child_wait(&second), 0);
}

/* The whole range that a program may name, from its first page to its last. */
static int child_uses_ends(void)
{
    if (memory_map(USER_MIN, 1, RIGHT_READ | RIGHT_WRITE) != OK) return 1;
    if (memory_map(LAST_PAGE, 1, RIGHT_READ | RIGHT_WRITE) != OK) return 2;
    *(volatile uint64_t *)USER_MIN = 1;
    *(volatile uint64_t *)(USER_MAX - 8) = 2;
    return *(volatile uint64_t *)USER_MIN == 1 && *(volatile uint64_t *)(USER_MAX - 8) == 2 ? 0 : 3;
}

static void both_ends(void)
{
    expect_child("uses_ends", "", 0);
}

/* Page tables are paid for like pages. */
static int child_maps_sparsely(void)
{
    struct self_info_out before, after;
    uint32_t mapped = 0;

    if (self_info(CAP_SLOT_SELF, &before) != OK) return 1;
    while (mapped < SPARSE && memory_map(((uint64_t)mapped + 1) << 39, 1, RIGHT_READ) == OK) {
        mapped++;
    }
    if (self_info(CAP_SLOT_SELF, &after) != OK) return 2;
    if (after.info.pages < before.info.pages + 4 * mapped) return 3;
    return mapped > 0 && mapped < SPARSE && after.info.pages <= after.info.pages_max ? 0 : 4;
}

static void tables_cost(void)
{
    struct test_child_args args = {.name = "maps_sparsely", .pages = 2 * PAGES};
    struct test_child child;

    if (test_child_start(&args, &child)) EXPECT_IS(test_child_wait(&child), 0);
}

/* One instruction that faults in its middle, and goes on there. */
static int child_fills_across(void)
{
    uint64_t count = 2 * MEMORY_PAGE, at = AREA;

    if (memory_map(AREA, 1, RIGHT_READ | RIGHT_WRITE) != OK) return 1;
    __asm__ volatile("rep stosb" : "+c"(count), "+D"(at) : "a"(FILL) : "memory");
    for (uint64_t i = 0; i < 2 * MEMORY_PAGE; i++) {
        if (((volatile uint8_t *)AREA)[i] != FILL) return 2;
    }
    return count == 0 && at == AREA + 2 * MEMORY_PAGE ? 0 : 3;
}

static void string_goes_on(void)
{
    struct test_child_args args = {.name = "fills_across"};
    struct process_memory_map_in in = {
        .address = AREA + MEMORY_PAGE, .pages = 1, .rights = RIGHT_READ | RIGHT_WRITE};
    struct test_child child;
    struct test_fault fault;
    struct thread_regs r;
    struct message m = {0};

    if (!test_child_start(&args, &child) || !test_fault_wait(&child, &fault)) return;
    expect_wall(&fault, VECTOR_PAGE, AREA + MEMORY_PAGE, USER | WRITE);
    if (test_registers(&child, &r)) {
        EXPECT_IS(r.rcx, MEMORY_PAGE);
        EXPECT_IS(r.rdi, AREA + MEMORY_PAGE);
    }
    EXPECT_IS(process_memory_map(child.process, &in), OK);
    EXPECT_IS(sys_reply(child.reply, &m), OK);
    EXPECT_IS(test_child_wait(&child), 0);
}

#define WALL_ROW(number, name, text, vector, address, code, act) {"MEM" #number, text, name},
static const struct test tests[] = {
    WALLS(WALL_ROW) //
    {"MEM0024", "nothing of an ended process is left in new memory", nothing_is_left},
    {"MEM0025", "one address is two pages in two processes", same_address},
    {"MEM0026", "the first and the last page can be used", both_ends},
    {"MEM0027", "page tables are paid for from the quota", tables_cost},
    {"MEM0028", "a string instruction that faults goes on where it was", string_goes_on},
};
#define WALL_CHILD(number, name, text, vector, address, code, act) {#name, child_##name},
static const struct child children[] = {
    WALLS(WALL_CHILD) //
    {"fills_memory", child_fills_memory},
    {"finds_zeros", child_finds_zeros},
    {"owns_page", child_owns_page},
    {"uses_ends", child_uses_ends},
    {"maps_sparsely", child_maps_sparsely},
    {"fills_across", child_fills_across},
};
const struct group wall_group = TEST_GROUP(tests, children);
