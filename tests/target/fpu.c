/*
 * fpu.c - floating-point state: whose it is, that it is kept, and that it never shows up elsewhere.
 *
 * The program is built for general registers only, so the compiler touches none of what these
 * children load with fxrstor.
 */
#include "bytes.h"
#include "memory.h"
#include "registers.h"
#include "slots.h"
#include "thread.h"

enum { AREA = 512, USED = 416, MXCSR_AT = 24, XMM_AT = 160, FSW_AT = 2, FTW_AT = 4 };
enum { FCW_FIRST = 0x37f, MXCSR_FIRST = 0x1f80, FCW_ZERO_DIVIDE = 0x37b, MXCSR_ZERO = 0x1d80 };
enum { VECTOR_OPCODE = 6, VECTOR_FPU = 16, VECTOR_SIMD = 19 };
enum { ROUNDS = 60, SPIN = 1000000, LABEL_ECHO = 1, LABEL_STOP = 2, STACK_PAGES = 2 };

struct area {
    uint8_t at[AREA];
} __attribute__((aligned(64)));

static void fpu_save(struct area *out)
{
    memset(out, 0, sizeof(*out));
    __asm__ volatile("fxsave64 %0" : "=m"(*out));
}

static void fpu_load(const struct area *in)
{
    __asm__ volatile("fxrstor64 %0" : : "m"(*in));
}

/* Every register full of the seed; rounding and denormals not as at first. SDM vol 1 table 10-2 */
static void fpu_fill(struct area *out, uint8_t seed)
{
    static const uint16_t control = 0x0c7f;
    static const uint32_t mxcsr = 0xff80;

    memset(out, 0, sizeof(*out));
    for (uint32_t i = 32; i < USED; i++) {
        bool beyond = i < XMM_AT && (i - 32) % 16 >= 10; /* an x87 register has ten bytes */
        out->at[i] = beyond ? 0 : (uint8_t)(seed + i * 7);
    }
    memcpy(out->at, &control, sizeof(control));
    memcpy(out->at + MXCSR_AT, &mxcsr, sizeof(mxcsr));
    out->at[FTW_AT] = 0xff;
    out->at[6] = seed & 7;                   /* last opcode, */
    memcpy(out->at + 8, "\1\2\3\4\5\6", 6);  /* its address, */
    memcpy(out->at + 16, "\6\5\4\3\2\1", 6); /* and its operand's */
}

/* Of the pointers of the last instruction CPUs keep more or less: they are not compared, but for
 * being somebody else's. */
static bool fpu_same(const struct area *a, const struct area *b)
{
    return memcmp(a->at, b->at, 6) == 0 && memcmp(a->at + MXCSR_AT, b->at + MXCSR_AT, 4) == 0 &&
           memcmp(a->at + 32, b->at + 32, USED - 32) == 0;
}

static bool fpu_is_first(struct area *area)
{
    uint16_t control;
    uint32_t mxcsr;

    memcpy(&control, area->at, sizeof(control));
    memcpy(&mxcsr, area->at + MXCSR_AT, sizeof(mxcsr));
    if (control != FCW_FIRST || mxcsr != MXCSR_FIRST) return false;
    memset(area->at, 0, 2);
    memset(area->at + MXCSR_AT, 0, 8); /* and the mask of MXCSR, a constant of the CPU */
    for (uint32_t i = 0; i < USED; i++) {
        if (area->at[i] != 0) return false;
    }
    return true;
}

static int child_fpu_first(void)
{
    struct area area;

    fpu_save(&area);
    return fpu_is_first(&area) ? 0 : 1;
}

static int child_fpu_fills(void)
{
    struct area area;

    fpu_fill(&area, 0xa5);
    fpu_load(&area);
    if (sys_signal(startup_cap("ready")) != OK) return 1;
    for (;;) {
        sys_yield();
    }
}

static bool fills_start(struct test_child *out_child)
{
    cap_t ready = test_notification(1);
    struct spawn_cap cap = {.name = "ready", .source = ready, .rights = RIGHT_WRITE};
    struct test_child_args args = {.name = "fpu_fills", .caps = &cap, .cap_count = 1, .fpu = true};
    uint64_t word;

    if (!test_child_start(&args, out_child)) return false;
    EXPECT_IS(sys_wait(ready, &word), OK);
    return true;
}

static void expect_child(const char *name, int code)
{
    struct test_child_args args = {.name = name, .fpu = true};
    struct test_child child;

    if (test_child_start(&args, &child)) EXPECT_IS(test_child_wait(&child), code);
}

/* Beside one that has them full, and in the place of one that had. */
static void first_state(void)
{
    struct test_child fills;

    if (!fills_start(&fills)) return;
    expect_child("fpu_first", 0);
    test_child_kill(&fills);
    expect_child("fpu_first", 0);
}

static void spin(uint64_t times)
{
    __asm__ volatile("1: loop 1b" : "+c"(times));
}

static int child_fpu_keeps(void)
{
    struct area area, found;

    fpu_fill(&area, (uint8_t)test_word()[0]);
    fpu_load(&area);
    fpu_save(&area); /* as this CPU keeps it */
    for (int round = 1; round <= ROUNDS; round++) {
        spin(SPIN);
        sys_yield();
        fpu_save(&found);
        if (!fpu_same(&found, &area)) return round;
    }
    return 0;
}

static void state_is_kept(void)
{
    static const char *const words[] = {"a", "q"};
    struct test_child children[TEST_COUNT(words)], plain;
    struct test_child_args without = {.name = "keeps_registers", .word = "x"};

    for (uint32_t i = 0; i < TEST_COUNT(words); i++) {
        struct test_child_args args = {.name = "fpu_keeps", .word = words[i], .fpu = true};
        if (!test_child_start(&args, &children[i])) return;
    }
    if (!test_child_start(&without, &plain)) return;
    for (uint32_t i = 0; i < TEST_COUNT(words); i++) {
        EXPECT_IS(test_child_wait(&children[i]), 0);
    }
    EXPECT_IS(test_child_wait(&plain), 0);
}

/* Two threads of one process. */
static volatile int first_result = -1;

static void keeps_beside(void *argument)
{
    (void)argument;
    first_result = child_fpu_keeps();
    for (;;) {
        sys_yield();
    }
}

static int child_fpu_threads(void)
{
    const struct thread_args args = {
        .entry = keeps_beside, .stack_pages = STACK_PAGES, .priority = 255, .fpu = true};
    struct area area, found;
    uint32_t id;

    if (thread_create(&args, &id) != OK) return 1;
    fpu_fill(&area, 0x11);
    fpu_load(&area);
    fpu_save(&area);
    while (first_result < 0) {
        sys_yield();
        fpu_save(&found);
        if (!fpu_same(&found, &area)) return 2;
    }
    return first_result == 0 ? 0 : 3;
}

static void threads_apart(void)
{
    expect_child("fpu_threads", 0);
}

/* Through calls to a server that has no FPU, and one that faults meanwhile. */
static int child_fpu_calls(void)
{
    struct area area, found;
    cap_t peer = startup_cap("peer");

    fpu_fill(&area, 0x42);
    fpu_load(&area);
    fpu_save(&area);
    for (int i = 1; i < ROUNDS; i++) {
        struct message m = {.w = {(uint64_t)i}};
        if (test_call(peer, LABEL_ECHO, 1, &m) != OK) return 100;
        fpu_save(&found);
        if (!fpu_same(&found, &area)) return i;
    }
    return 0;
}

static void calls_keep_state(void)
{
    cap_t endpoint = test_endpoint();
    struct spawn_cap peer = {.name = "peer", .source = endpoint, .rights = RIGHTS_ALL};
    struct test_child_args serves = {.name = "echo", .caps = &peer, .cap_count = 1};
    struct test_child_args asks = {.name = "fpu_calls", .caps = &peer, .cap_count = 1, .fpu = true};
    struct test_child server, client;

    if (!test_child_start(&serves, &server) || !test_child_start(&asks, &client)) return;
    EXPECT_IS(test_child_wait(&client), 0);
}

static int child_fpu_touches(void)
{
    struct area area, found;

    fpu_fill(&area, 0x77);
    fpu_load(&area);
    fpu_save(&area);
    *(volatile uint8_t *)(uintptr_t)REGS_TOUCHED = 1;
    fpu_save(&found);
    return fpu_same(&found, &area) ? 0 : 1;
}

static void faults_keep_state(void)
{
    struct test_child_args args = {.name = "fpu_touches", .fpu = true};
    struct test_child child, fills;
    struct test_fault fault;
    struct message m = {0};

    if (!test_child_start(&args, &child) || !test_fault_wait(&child, &fault)) return;
    if (!fills_start(&fills)) return;
    struct process_memory_map_in in = {
        .address = REGS_TOUCHED, .pages = 1, .rights = RIGHT_READ | RIGHT_WRITE};
    EXPECT_IS(process_memory_map(child.process, &in), OK);
    EXPECT_IS(sys_reply(child.reply, &m), OK);
    EXPECT_IS(test_child_wait(&child), 0);
}

/* An x87 exception waits for the next x87 instruction, which must not be the kernel's. */
extern const char fpu_waits_at[];
static int child_fpu_pending(void)
{
    static const uint16_t control = FCW_ZERO_DIVIDE;

    __asm__ volatile("fldcw %0\n\tfld1\n\tfldz\n\tfdivrp" : : "m"(control));
    for (int i = 0; i < ROUNDS; i++) {
        sys_yield();
    }
    __asm__ volatile(".globl fpu_waits_at\nfpu_waits_at: fwait");
    return 0;
}

static void pending_exception(void)
{
    struct test_child_args args = {.name = "fpu_pending", .fpu = true};
    struct test_child_args keeps = {.name = "fpu_keeps", .word = "m", .fpu = true};
    struct test_child child, other;
    struct test_fault fault;

    if (!test_child_start(&keeps, &other) || !test_child_start(&args, &child)) return;
    EXPECT_IS(test_child_wait(&other), 0);
    if (!test_fault_wait(&child, &fault)) return;
    EXPECT_IS(fault.kind, FAULT_EXCEPTION);
    EXPECT_IS(fault.w[0], VECTOR_FPU);
    EXPECT_IS(fault.w[3], (uintptr_t)fpu_waits_at);
}

static int child_fpu_simd(void)
{
    static const uint32_t control = MXCSR_ZERO;
    uint32_t after;

    __asm__ volatile("ldmxcsr %1\n\tmov $0x3f800000, %%eax\n\tmovd %%eax, %%xmm1\n\t"
                     "xorps %%xmm0, %%xmm0\n\tdivss %%xmm0, %%xmm1\n\tstmxcsr %0"
                     : "=m"(after)
                     : "m"(control)
                     : "eax");
    return after == (control | 4) ? 4 : 1; /* ZE */
}

/* Vector 19; or no exception at all, which is the emulator's way, but the flag of it. */
static void simd_exception(void)
{
    struct test_child_args args = {.name = "fpu_simd", .fpu = true};
    struct test_child child;
    struct message m = {0};
    uint64_t word;

    if (!test_child_start(&args, &child)) return;
    for (;;) {
        if (sys_poll(child.exit, &word) == OK) {
            struct process_info_out out;
            EXPECT_IS(process_info(child.process, &out), OK);
            EXPECT_IS(out.info.exit_code, 4);
            return;
        }
        m = (struct message){0};
        if (sys_nb_recv(child.fault, child.reply, 0, &m) == OK) break;
        sys_yield();
    }
    EXPECT_IS(msg_label(m.info), FAULT_EXCEPTION);
    EXPECT_IS(m.w[0], VECTOR_SIMD);
}

static int child_fpu_avx(void)
{
    __asm__ volatile(".byte 0xc5, 0xfc, 0x58, 0xc1"); /* vaddps %ymm1, %ymm0, %ymm0 */
    return 0;
}

static void no_wide_registers(void)
{
    struct test_child_args args = {.name = "fpu_avx", .fpu = true};
    struct test_child child;
    struct test_fault fault;

    if (!test_child_start(&args, &child) || !test_fault_wait(&child, &fault)) return;
    EXPECT_IS(fault.kind, FAULT_EXCEPTION);
    EXPECT_IS(fault.w[0], VECTOR_OPCODE);
}

/* Among threads that have one, whoever has none gets none: not a register of it. */
static void none_for_others(void)
{
    struct test_child fills;
    struct test_fault fault;

    if (!fills_start(&fills)) return;
    if (!test_fault_of("uses_sse", &fault)) return;
    EXPECT_IS(fault.w[0], 7);
    if (!test_fault_of("uses_x87", &fault)) return;
    EXPECT_IS(fault.w[0], 7);
}

static int child_uses_x87(void)
{
    __asm__ volatile("fldz");
    return 0;
}

static const struct test tests[] = {
    {"FPU0001", "a thread starts with the first state, whatever others have or had", first_state},
    {"FPU0002", "preemption and yields change nothing of the state", state_is_kept},
    {"FPU0003", "two threads of one process have a state each", threads_apart},
    {"FPU0004", "calls to a server without FPU keep the caller's state", calls_keep_state},
    {"FPU0005", "a fault that is mended keeps the state", faults_keep_state},
    {"FPU0006", "a pending x87 exception waits for its own thread", pending_exception},
    {"FPU0007", "an unmasked SSE exception is its thread's", simd_exception},
    {"FPU0008", "there are no AVX registers, which nobody would save", no_wide_registers},
    {"FPU0009", "a thread without FPU has neither SSE nor x87, beside one that has",
     none_for_others},
};
static const struct child children[] = {
    {"fpu_first", child_fpu_first},     {"fpu_fills", child_fpu_fills},
    {"fpu_keeps", child_fpu_keeps},     {"fpu_threads", child_fpu_threads},
    {"fpu_calls", child_fpu_calls},     {"fpu_touches", child_fpu_touches},
    {"fpu_pending", child_fpu_pending}, {"fpu_simd", child_fpu_simd},
    {"fpu_avx", child_fpu_avx},         {"uses_x87", child_uses_x87},
};
const struct group fpu_group = TEST_GROUP(tests, children);
