/*
 * main.c - draws what happens from a seed, and makes a failure small.
 *
 *   sim [--seed N] [--seeds COUNT] [--steps M] [--says] [--crashes STEP,STEP...] [--plant FAULT]
 */
#include <errno.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "disk.h"
#include "place.h"
#include "sim.h"

enum { CRASHES = 1 << 14, CRASH_EVERY = 700, CUT_EVERY = 20, DEVICE_TURN = 6, FAILED = 3 };

struct sim sim;
static struct options {
    uint64_t seed, seeds, steps;
    bool given; /* crashes are those of the list, and no others */
    uint32_t crash_count;
    uint64_t crashes[CRASHES];
} options = {.seed = 1, .seeds = 1, .steps = 100000};
static uint64_t dice;
static ucontext_t scheduler;
static uint64_t memories[CLIENTS][CLIENT_BYTES / 8];
static struct { /* of this seed, for who shrinks */
    uint32_t count;
    uint64_t step[CRASHES];
    uint64_t failed_at;
    char text[200];
} * told;

static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9ull;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

uint32_t sim_random(uint32_t below)
{
    dice += 0x9e3779b97f4a7c15ull;
    return (uint32_t)(mix(dice) >> 32) % below;
}

bool sim_plants(const char *fault)
{
    return sim.plant != NULL && strcmp(sim.plant, fault) == 0;
}

_Noreturn void sim_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(told->text, sizeof(told->text), format, args);
    va_end(args);
    told->failed_at = sim.step;
    fflush(NULL);
    _exit(FAILED);
}

/* What programs see of the host. */

enum err trap(uint64_t number, struct message *m)
{
    struct task *t = sim.current;
    t->number = number;
    t->m = m;
    if (t == &sim.visitor) { /* asked from outside of any thread: axiom's at most */
        kernel_call(t);
        return t->result;
    }
    t->state = TASK_CALLS;
    swapcontext(&t->context, &scheduler);
    return t->result;
}

struct thread_block *thread_self(void)
{
    return &sim.current->block;
}

uint64_t ticks_now(void)
{
    return ++sim.ticks;
}

uint64_t sim_place(void)
{
    return program_place(number_of(sim.current->process));
}

int sim_thread(void (*entry)(void *argument), void *argument)
{
    (void)task_make(sim.current->process, entry, argument);
    return OK;
}

uint32_t sim_client_number(void)
{
    return number_of(sim.current->process) - FIRST_CLIENT;
}

void *sim_client_memory(uint32_t bytes)
{
    if (bytes > CLIENT_BYTES) sim_fail("a client keeps more than %d bytes", CLIENT_BYTES);
    return memories[sim_client_number()];
}

uint64_t sim_ended(void)
{
    return sim.count.crashes;
}

void sim_client_did(void)
{
    sim.count.operations++;
}

_Noreturn void sim_client_fails(const char *what, int err)
{
    sim_fail("%s: %s (%d)", sim.current->process->program->name, what, err);
}

/* Argon2 is meant to take its time; here a password's hash takes none. */
int sim_pwhash(unsigned char *out, unsigned long long bytes, const char *password,
               unsigned long long len, const unsigned char *salt);
int sim_pwhash(unsigned char *out, unsigned long long bytes, const char *password,
               unsigned long long len, const unsigned char *salt)
{
    return crypto_generichash(out, bytes, (const unsigned char *)password, len, salt,
                              crypto_pwhash_SALTBYTES);
}

/* Steps. */

static void task_first(void)
{
    struct task *t = sim.current;
    t->entry(t->argument);
    sim_fail("a thread of %s returned", t->process->program->name);
}

static void task_run(struct task *t)
{
    sim.current = t;
    if (t->entered) {
        swapcontext(&scheduler, &t->context);
        return;
    }
    t->entered = true;
    getcontext(&t->context);
    t->context.uc_stack.ss_sp = t->stack;
    t->context.uc_stack.ss_size = STACK_BYTES;
    t->context.uc_link = NULL;
    makecontext(&t->context, task_first, 0);
    swapcontext(&scheduler, &t->context);
}

/* A system call happens, and its thread runs to the next one if it may. */
static void task_step(struct task *t)
{
    sim.current = t;
    if (t->state == TASK_CALLS) kernel_call(t);
    if (t->state == TASK_RUNS) task_run(t);
}

static bool can_run(const struct task *t)
{
    return t->state == TASK_CALLS || t->state == TASK_RUNS;
}

void sim_run_one(struct process *p)
{
    for (uint32_t i = 0; i < TASKS; i++) {
        if (sim.tasks[i].process == p && can_run(&sim.tasks[i])) {
            task_step(&sim.tasks[i]);
            return;
        }
    }
    sim_fail("%s waits for ever", p->program->name);
}

static bool crash_now(void)
{
    if (!options.given) return mix(options.seed * 1000003 + sim.step) % CRASH_EVERY == 0;
    for (uint32_t i = 0; i < options.crash_count; i++) {
        if (options.crashes[i] == sim.step) return true;
    }
    return false;
}

/* Anybody but a shadow. Services that keep something end more often. */
static enum program_number victim(uint64_t draw)
{
    uint32_t n = (uint32_t)(draw % (2 * PROGRAMS));
    bool nobody = n >= PROGRAMS || (n >= FIRST_SHADOW && n < FIRST_DISK);
    return nobody ? (enum program_number)(n % FIRST_SHADOW) : (enum program_number)n;
}

static void crash(void)
{
    struct process *p = &sim.processes[victim(mix(options.seed + sim.step * 77))];
    bool cut = sim.disk && mix(options.seed + sim.step * 13) % CUT_EVERY == 0;
    if (!cut && !p->lives) return;
    if (told->count < CRASHES) told->step[told->count++] = sim.step;
    if (sim.says) printf("step %lu: %s ends\n", sim.step, cut ? "the power" : p->program->name);
    if (cut)
        power_cut();
    else
        life_end(p);
}

static bool is_shadow(uint32_t number)
{
    return number >= FIRST_SHADOW && number < FIRST_DISK;
}

static void begin_again(void)
{
    for (uint32_t i = 0; i < PROGRAMS; i++) {
        struct process *p = &sim.processes[i];
        if (!is_shadow(i) && !p->lives && p->due <= sim.step && life_may_begin(p)) life_begin(p);
    }
}

/* A disk does something, or the clock. False: there is nothing to do. */
static bool device_step(void)
{
    uint32_t first = sim_random(DISKS + 1);
    for (uint32_t i = 0; i <= DISKS; i++) {
        uint32_t n = (first + i) % (DISKS + 1);
        bool busy =
            n == DISKS ? machine_busy() : disk_busy(n) && sim.processes[FIRST_DISK + n].lives;
        if (!busy) continue;
        if (n == DISKS)
            machine_step();
        else
            disk_step(n);
        return true;
    }
    return false;
}

static void step(void)
{
    struct task *ready[TASKS];
    uint32_t count = 0;
    bool waits = false;
    begin_again();
    for (uint32_t i = 0; i < TASKS; i++) {
        struct task *t = &sim.tasks[i];
        if (can_run(t) && !is_shadow(number_of(t->process))) ready[count++] = t;
    }
    bool device = (count == 0 || sim_random(DEVICE_TURN) == 0) && device_step();
    if (!device && count > 0) task_step(ready[sim_random(count)]);
    for (uint32_t i = 0; i < PROGRAMS; i++) {
        if (sim.processes[i].ends) life_end(&sim.processes[i]);
        waits = waits || (!is_shadow(i) && !sim.processes[i].lives);
    }
    if (!device && count == 0 && !waits) sim_fail("everybody waits, for ever");
    if (crash_now()) crash();
    check_state();
}

static void run_seed(void)
{
    dice = options.seed * 0x2545f4914f6cdd1dull;
    life_setup();
    for (sim.step = 1; sim.step <= options.steps && !sim.given_up; sim.step++) {
        step();
    }
    printf(
        "seed %lu: %lu steps, %lu crashes, %lu power cuts, %lu faults of the disk, %lu operations "
        "answered, %lu states compared with the fold of %lu records\n",
        options.seed, sim.step - 1, sim.count.crashes, sim.count.cuts, sim.count.faults,
        sim.count.operations, sim.count.checks, sim.count.folded);
    if (sim.given_up) printf("  step %lu: the ledger gave the disk up\n", sim.step);
    if (sim.count.checks == 0 || sim.count.operations == 0) sim_fail("nothing was compared");
}

/* In a process of its own: what went wrong stays there. True: all was well. */
static bool run_apart(void)
{
    fflush(NULL);
    told->count = 0;
    told->text[0] = '\0';
    pid_t child = fork();
    if (child == 0) {
        run_seed();
        fflush(NULL);
        _exit(0);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status))
        snprintf(told->text, sizeof(told->text), "signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0 && told->text[0] == '\0')
        snprintf(told->text, sizeof(told->text), "exit code %d", WEXITSTATUS(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Fewer crashes that still end in the same words, fewer steps. */
static void shrink(void)
{
    char words[sizeof(told->text)];
    strcpy(words, told->text);
    options.given = true;
    options.crash_count = told->count;
    memcpy(options.crashes, told->step, sizeof(options.crashes));
    if (told->failed_at != 0) options.steps = told->failed_at;
    int out = dup(STDOUT_FILENO);
    fflush(NULL);
    if (freopen("/dev/null", "w", stdout) == NULL) return;
    for (uint32_t part = options.crash_count; part > 0; part /= 2) {
        for (uint32_t at = 0; at < options.crash_count;) {
            const struct options was = options;
            uint32_t n = part < options.crash_count - at ? part : options.crash_count - at;
            options.crash_count -= n;
            memmove(options.crashes + at, was.crashes + at + n,
                    (options.crash_count - at) * sizeof(uint64_t));
            if (!run_apart() && strcmp(told->text, words) == 0) {
                if (told->failed_at != 0) options.steps = told->failed_at;
                continue;
            }
            options = was;
            at += n;
        }
    }
    fflush(NULL);
    dup2(out, STDOUT_FILENO);
    printf("FAILED: seed %lu: %s\n  again, with %u crashes: --seed %lu --steps %lu --crashes ",
           options.seed, words, options.crash_count, options.seed, options.steps);
    for (uint32_t i = 0; i < options.crash_count; i++) {
        printf("%s%lu", i > 0 ? "," : "", options.crashes[i]);
    }
    printf("%s\n", options.crash_count == 0 ? "none" : "");
}

static void crashes_read(char *list)
{
    options.given = true;
    for (char *word = strtok(list, ","); word != NULL; word = strtok(NULL, ",")) {
        uint64_t at = strtoull(word, NULL, 10);
        if (at != 0 && options.crash_count < CRASHES) options.crashes[options.crash_count++] = at;
    }
}

static bool options_read(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--says") == 0) {
            sim.says = true;
            continue;
        }
        if (strcmp(argv[i], "--memory") == 0) {
            sim.disk = false;
            continue;
        }
        if (value == NULL) return false;
        if (strcmp(argv[i], "--seed") == 0)
            options.seed = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--seeds") == 0)
            options.seeds = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--steps") == 0)
            options.steps = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--plant") == 0)
            sim.plant = value;
        else if (strcmp(argv[i], "--crashes") == 0)
            crashes_read(value);
        else
            return false;
        i++;
    }
    return options.seeds > 0 && options.steps > 0;
}

int main(int argc, char **argv)
{
    sim.disk = true;
    if (!options_read(argc, argv)) {
        fprintf(stderr, "usage: sim [--seed N] [--seeds COUNT] [--steps M] [--says] [--memory]\n"
                        "           [--crashes STEP,...|none] [--plant drop|twice]\n");
        return 2;
    }
    told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (told == MAP_FAILED) return 2;
    for (uint64_t last = options.seed + options.seeds; options.seed < last; options.seed++) {
        if (run_apart()) continue;
        shrink();
        return 1;
    }
    return 0;
}
