/* steps.c - what happens next, drawn from the seed; and what programs see of the host. */
#include "steps.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "disk.h"

enum { DEVICE_TURN = 6, LURED_MOST = 400, FLIP_FROM = 3000, FLIP_WITHIN = 5000 };

struct sim sim;
static uint64_t dice;
static ucontext_t scheduler;
static uint64_t answered[CLIENTS]; /* step in which a client did something last */
static uint64_t memories[CLIENTS][CLIENT_BYTES / 8];

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
    told->failed_at = sim.quiet ? options.steps : sim.step;
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

void sim_client_did(void)
{
    answered[sim_client_number()] = sim.step;
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

/* Seeds are not alike: in some there is hardly a quiet moment, in others hardly a crash. */
static uint32_t of_seed(uint32_t what, const uint32_t choices[4])
{
    return choices[mix(options.seed * 31 + what) % 4];
}

static uint32_t crash_every(void)
{
    return of_seed(1, (const uint32_t[]){300, 700, 700, 3000});
}

static uint32_t cut_every(void)
{
    return of_seed(2, (const uint32_t[]){3, 20, 20, 100});
}

uint32_t sim_fault_every(void)
{
    return of_seed(3, (const uint32_t[]){200, 2000, 2000, 20000});
}

/* In every second seed the power goes when somebody has read what one who ended had not flushed: a
 * little later, when others may know it. */
static bool lured_now(void)
{
    uint64_t since = disk_lured();
    if (since == 0 || of_seed(4, (const uint32_t[]){0, 0, 1, 1}) == 0) return false;
    return sim.step == since + 1 + mix(options.seed + since) % LURED_MOST;
}

static bool crash_now(void)
{
    if (!options.given && lured_now()) return true;
    if (!options.given) return mix(options.seed * 1000003 + sim.step) % crash_every() == 0;
    for (uint32_t i = 0; i < options.crash_count; i++) {
        if (options.crashes[i] == sim.step) return true;
    }
    return false;
}

/* Once a seed, where that is asked for. */
static void flip(void)
{
    if (!sim.flips || sim.flip.done || sim.quiet) return;
    uint64_t draw = mix(options.seed + 5);
    if (sim.step < FLIP_FROM + draw % FLIP_WITHIN) return;
    disk_flip((uint32_t)(draw >> 32) % DISKS, (draw >> 16) % 4 == 0);
}

/* Anybody but a shadow. Services that keep something end more often; in every second seed one of
 * them most of all. */
static enum program_number victim(uint64_t draw)
{
    uint32_t n = (uint32_t)(draw % (2 * PROGRAMS));
    if (options.seed % 2 == 0 && draw / PROGRAMS % 4 > 0)
        n = (uint32_t)(options.seed / 2 % FIRST_SHADOW);
    bool nobody = n >= PROGRAMS || (n >= FIRST_SHADOW && n < FIRST_DISK);
    return nobody ? (enum program_number)(n % FIRST_SHADOW) : (enum program_number)n;
}

static void crash(void)
{
    struct process *p = &sim.processes[victim(mix(options.seed + sim.step * 77))];
    bool lured = lured_now();
    bool cut = sim.disk && (lured || mix(options.seed + sim.step * 13) % cut_every() == 0);
    if (!cut && !p->lives) return;
    sim.count.lures += lured;
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

void step(void)
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
    if (!sim.quiet && crash_now()) crash();
    flip();
    check_state();
}

void steps_setup(void)
{
    dice = options.seed * 0x2545f4914f6cdd1dull;
    life_setup();
}

const char *steps_who_waits(void)
{
    for (uint32_t i = 0; i < CLIENTS; i++) {
        bool waits = sim.disk || FIRST_CLIENT + i != PROGRAM_KEYS; /* whose store needs a disk */
        if (waits && answered[i] <= options.steps) return programs[FIRST_CLIENT + i].name;
    }
    return NULL;
}
