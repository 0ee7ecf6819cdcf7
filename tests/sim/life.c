/* life.c - init: processes and their threads, what they are given, how they begin and end. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "badge.h"
#include "description.h"
#include "disk.h"
#include "image.h"
#include "logmem.h"
#include "shared.h"
#include "sim.h"

enum { PAGE = 4096, MEMORY = 16 << 20, FIRST_NAMED = 3, STREAM = 7, RESTART_MOST = 300 };

static uint8_t image[IMAGE_BYTES] __attribute__((aligned(4096)));

/* The log memory: where the ledger looks for it, and what outlives the ledger. */
static void log_make(void)
{
    struct logmem l = {.magic = LOGMEM_MAGIC, .tick_hz = TICK_HZ};
    logmem_layout(&l, MEMORY);
    (void)munmap((void *)LOGMEM_ADDRESS, l.bytes);
    void *at = mmap((void *)LOGMEM_ADDRESS, l.bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (at != (void *)LOGMEM_ADDRESS) sim_fail("no place for the log memory");
    memcpy(at, &l, sizeof(l));
}

static void image_make(void)
{
    struct image_file *file = (struct image_file *)image;
    static const char text[] = "of the image\n";
    *file = (struct image_file){.path = "/etc/motd", .offset = PAGE, .size = sizeof(text) - 1};
    memcpy(image + PAGE, text, sizeof(text) - 1);
}

enum program_number number_of(const struct process *p)
{
    return (enum program_number)(p - sim.processes);
}

void life_setup(void)
{
    axiom_setup();
    log_make();
    image_make();
    disk_setup();
    for (uint32_t i = 0; i < PROGRAMS; i++) {
        struct process *p = &sim.processes[i];
        p->program = &programs[i];
        size_t bytes = (size_t)(p->program->data_end - p->program->data);
        p->data_image = malloc(bytes + 1);
        memcpy(p->data_image, p->program->data, bytes);
        p->endpoint = object_make(CAP_ENDPOINT);
    }
}

static void grant(struct process *p, const char *name, struct object *o, uint64_t badge)
{
    struct startup *s = &p->startup;
    uint32_t slot = FIRST_NAMED + s->cap_count;
    strcpy(s->caps[s->cap_count].name, name);
    s->caps[s->cap_count++].slot = slot;
    slot_fill(&p->slots[slot], o, RIGHTS_ALL, badge);
}

/* The slot's alone. */
static struct object *grant_new(struct process *p, const char *name, enum cap_type type,
                                uint64_t badge)
{
    struct object *o = object_make(type);
    grant(p, name, o, badge);
    object_release(o);
    return o;
}

static void grants_make(struct process *p)
{
    const struct role *role = &roles[number_of(p)];
    for (uint32_t i = 0; i < GRANTS && role->grants[i].kind != GIVEN_NONE; i++) {
        const char *name = role->grants[i].name;
        enum program_number of = role->grants[i].of;
        switch (role->grants[i].kind) {
        case GIVEN_USE:
            if (of >= FIRST_DISK && of < FIRST_CLIENT && !sim.disk) break;
            grant(p, name, sim.processes[of].endpoint, badge_lookup(p->pid));
            break;
        case GIVEN_CONTROL:
            grant(p, name, sim.processes[of].endpoint, badge_control(p->pid));
            break;
        case GIVEN_SPACE:
            grant(p, name, sim.processes[of].endpoint, badge_space(number_of(p)));
            break;
        case GIVEN_SIGNAL:
            p->signal = grant_new(p, name, CAP_NOTIFICATION, 1);
            break;
        case GIVEN_DEVICE:
            (void)grant_new(p, name, CAP_PORTS, 0);
            break;
        case GIVEN_NONE:
            break;
        }
    }
    enum program_number n = number_of(p);
    if (n >= FIRST_SHADOW && n < FIRST_DISK) grant(p, "stream", check_stream(), n - FIRST_SHADOW);
    if (n >= FIRST_CHECKED && n < FIRST_SHADOW)
        grant(p, "stream", sim.processes[PROGRAM_LEDGER].endpoint, badge_stream(STREAM + n));
}

/* As init does: first those whose services it is given. */
bool life_may_begin(const struct process *p)
{
    const struct role *role = &roles[number_of(p)];
    enum program_number n = number_of(p);
    bool stream = n >= FIRST_CHECKED && n < FIRST_SHADOW;
    if (stream && !sim.processes[PROGRAM_LEDGER].again) return false;
    for (uint32_t i = 0; i < GRANTS; i++) {
        enum given kind = role->grants[i].kind;
        enum program_number of = role->grants[i].of;
        if (of >= FIRST_DISK && of < FIRST_CLIENT && !sim.disk) continue;
        bool service = kind == GIVEN_USE || kind == GIVEN_CONTROL || kind == GIVEN_SPACE;
        if (service && !sim.processes[of].again) return false;
    }
    return true;
}

static void begins(void *argument)
{
    const struct process *p = argument;
    int code = p->program->entry(&p->startup);
    sim_fail("%s returned %d", p->program->name, code);
}

struct task *task_make(struct process *p, void (*entry)(void *argument), void *argument)
{
    struct task *t = sim.tasks;
    while (t < sim.tasks + TASKS && t->state != TASK_FREE) {
        t++;
    }
    if (t == sim.tasks + TASKS) sim_fail("more than %d threads", TASKS);
    uint8_t *stack = t->stack != NULL ? t->stack : malloc(STACK_BYTES);
    *t = (struct task){.state = TASK_RUNS, .process = p, .stack = stack};
    t->entry = entry;
    t->argument = argument;
    t->block = (struct thread_block){
        .self = &t->block, .buffer = &t->buffer, .startup = &p->startup, .lowest = stack};
    return t;
}

void visit(struct process *p)
{
    struct task *t = &sim.visitor;
    t->process = p;
    t->block =
        (struct thread_block){.self = &t->block, .buffer = &t->buffer, .startup = &p->startup};
    sim.current = t;
}

void life_begin(struct process *p)
{
    const struct program *g = p->program;
    memcpy(g->data, p->data_image, (size_t)(g->data_end - g->data));
    memset(g->bss, 0, (size_t)(g->bss_end - g->bss));
    p->startup = (struct startup){.magic = STARTUP_MAGIC,
                                  .pid = (uint32_t)++sim.pids,
                                  .slot_count = SLOTS,
                                  .heap_base = program_place(number_of(p)) + (1ull << 30),
                                  .image_address = (uintptr_t)image,
                                  .image_size = sizeof(image),
                                  .tick_hz = TICK_HZ};
    p->pid = p->startup.pid;
    p->death_count = 0;
    p->lives = true;
    p->wake = object_make(CAP_NOTIFICATION);
    slot_fill(&p->slots[CAP_SLOT_SELF], axiom_self(), RIGHTS_ALL, p->pid);
    slot_fill(&p->slots[CAP_SLOT_REGISTRY], axiom_registry(), RIGHTS_ALL, p->pid);
    grant(p, "service", p->endpoint, 0);
    grant(p, "wake", p->wake, 0);
    grants_make(p);
    p->startup.first_free_slot = FIRST_NAMED + p->startup.cap_count;
    (void)task_make(p, begins, p);
}

/* Its disks keep what it wrote, or not. */
static void disks_left(const struct process *p)
{
    const struct role *role = &roles[number_of(p)];
    for (uint32_t i = 0; i < GRANTS; i++) {
        enum program_number of = role->grants[i].of;
        bool use = role->grants[i].kind == GIVEN_USE;
        if (use && of >= FIRST_DISK && of < FIRST_CLIENT) disk_user_ends(of - FIRST_DISK);
    }
}

void life_end(struct process *p)
{
    disks_left(p);
    kernel_end_tasks(p);
    p->lives = p->ready = p->ends = false;
    p->watched = NULL;
    p->signal = NULL;
    for (uint32_t i = 0; i < p->high; i++) {
        slot_drop(&p->slots[i]);
    }
    object_release(p->wake);
    p->wake = NULL;
    (void)munmap((void *)program_place(number_of(p)), PLACE_BYTES);
    memory_ended(p);
    if (number_of(p) >= FIRST_DISK && number_of(p) < FIRST_CLIENT)
        disk_reset(number_of(p) - FIRST_DISK);
    p->crashes++;
    sim.count.crashes++;
    p->due = sim.step + sim_random(RESTART_MOST);
    check_ended(p);
}

void power_cut(void)
{
    for (uint32_t i = 0; i < PROGRAMS; i++) {
        struct process *p = &sim.processes[i];
        if (p->lives) life_end(p);
        p->again = false;
    }
    kept_power_cut();
    disk_power_cut();
    log_make();
    sim.count.cuts++;
}
