/*
 * sim.h - the system in one process on the host: what its files share.
 *
 * Each program is the sources that ship, linked into one object whose symbols nobody else sees
 * (CMakeLists.txt), at a place of its own in the address space. kernel.c plays the kernel, axiom.c
 * axiom, life.c init. A step is one system call of one thread, drawn from the seed; between two
 * steps any process may be ended. Nothing depends on the clock, so that a seed says all.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#include "abi/object.h"
#include "service_log.h"
#include "startup.h"

enum { TASKS = 40, SLOTS = 256, OBJECTS = 1024, DEATHS = 1024, IMAGE_BYTES = 8192 };
enum { STACK_BYTES = 1 << 20, GRANTS = 8, TICK_HZ = 1000000 };
#define PLACE_BYTES (1ull << 36)

struct task;
struct process;

struct object { /* an endpoint, a notification or a Reply */
    enum cap_type type;
    uint32_t references; /* capabilities, and who made it */
    uint64_t word;       /* of a notification */
    struct task *bound;  /* notification: whose recv delivers it; Reply: who waits for it */
    bool (*serves)(struct process *p, uint64_t badge, struct message *m); /* axiom and init */
};
struct slot {
    struct object *object;
    uint64_t badge, id, from; /* id: 0 as long as nothing was derived from it; from: whose */
    uint8_t rights;
    bool revoked; /* until it is dropped */
};

enum task_state {
    TASK_FREE,
    TASK_RUNS,
    TASK_CALLS,
    TASK_SENDS,
    TASK_RECEIVES,
    TASK_ASKED,
    TASK_WAITS
};
struct task {
    enum task_state state; /* CALLS: its system call has not been looked at */
    struct process *process;
    ucontext_t context;
    uint8_t *stack;
    struct thread_block block;
    struct ipc_buffer buffer;
    uint64_t number; /* of the system call */
    struct message *m;
    enum err result;
    struct object *on;    /* what it waits for */
    uint64_t badge;       /* SENDS: of its capability */
    struct object *reply; /* RECEIVES: to be bound */
    uint64_t order;       /* in a queue */
    void (*entry)(void *argument);
    void *argument;
    struct object *note; /* that is bound to it */
    bool entered;
};

enum program_number { /* in the order of CMakeLists.txt */
                      PROGRAM_LEDGER,
                      PROGRAM_RANDOM,
                      PROGRAM_KEYSTORE,
                      PROGRAM_VFS, /* from here on with a stream */
                      PROGRAM_TIME,
                      PROGRAM_IDENTITY,
                      PROGRAM_PERMISSION,
                      PROGRAM_VFS_SHADOW, /* from here on what folds the stream of another */
                      PROGRAM_TIME_SHADOW,
                      PROGRAM_IDENTITY_SHADOW,
                      PROGRAM_PERMISSION_SHADOW,
                      PROGRAM_DISK, /* from here on drivers */
                      PROGRAM_DISK_FILES,
                      PROGRAM_DISK_KEYS,
                      PROGRAM_ANNA, /* from here on clients */
                      PROGRAM_BERT,
                      PROGRAM_CLOCK,
                      PROGRAM_KEYS,
                      PROGRAM_PEOPLE,
                      PROGRAM_POLICY,
                      PROGRAMS
};
enum {
    FIRST_CHECKED = PROGRAM_VFS,
    FIRST_SHADOW = PROGRAM_VFS_SHADOW,
    CHECKED = FIRST_SHADOW - FIRST_CHECKED,
    FIRST_DISK = PROGRAM_DISK,
    FIRST_CLIENT = PROGRAM_ANNA,
    DISKS = FIRST_CLIENT - FIRST_DISK,
    CLIENTS = PROGRAMS - FIRST_CLIENT,
    INIT = PROGRAMS
};

struct program { /* see programs.c */
    const char *name;
    int (*entry)(const struct startup *startup);
    char *data, *data_end, *bss, *bss_end;
    struct service *service; /* of one with a stream, and of its shadow */
    void (*once_apply)(struct service *svc);
    void (*once_snapshot)(struct service *svc);
    void (*fold)(struct service *svc);
};
extern const struct program programs[PROGRAMS];

enum given { GIVEN_NONE, GIVEN_USE, GIVEN_CONTROL, GIVEN_SPACE, GIVEN_SIGNAL, GIVEN_DEVICE };
struct role { /* what images/system.toml says of it, as far as it matters here */
    bool told;
    struct {
        const char *name;
        enum given kind;
        enum program_number of;
    } grants[GRANTS];
};
extern const struct role roles[PROGRAMS];

struct process {
    const struct program *program;
    char *data_image;
    bool lives, ready, ends, again; /* again: it was ready before */
    uint32_t pid, crashes;
    uint64_t due; /* step in which it begins again */
    struct startup startup;
    struct slot slots[SLOTS];
    struct object *endpoint, *wake;
    struct object *watched, *watch_signal; /* deaths are told */
    uint64_t watch_badge, deaths[DEATHS];
    uint32_t death_count;
    uint32_t high;         /* no slot from here up was ever filled */
    struct object *signal; /* GIVEN_SIGNAL */
};
static inline uint64_t program_place(enum program_number number)
{
    return (number + 1) * PLACE_BYTES;
}

struct counts { /* what was done */
    uint64_t crashes, cuts, lures, faults, torn, lost, flips, copies, refusals, interrupts,
        operations, checks, folded, parts;
};
enum { COUNTS = sizeof(struct counts) / sizeof(uint64_t) };

struct flip {        /* a bit of a disk is another one */
    bool done, copy; /* copy: of what stands there twice */
    uint32_t disk;
};

extern struct sim {
    struct process processes[PROGRAMS + 1]; /* the last one: init, whose slots are used */
    struct task tasks[TASKS];
    struct task *current;
    struct task visitor; /* while check.c calls what belongs to a process */
    uint64_t step, order, pids, ticks;
    struct counts count;
    char last[120]; /* line of debug output */
    uint32_t last_len;
    const char *plant;
    bool disk;  /* there is one */
    bool flips; /* a bit shall flip */
    struct flip flip;
    bool given_up; /* by the ledger, who says so: from then on nothing is promised */
    bool says;
    bool quiet; /* nobody ends any more, and nothing fails */
} sim;

/* Ends the run: the seed does not keep what it should. */
_Noreturn void sim_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* damage.c: whether the ledger says that the log is. */
void damage_look(void);
/* Whether something may be damaged there that is nowhere else; it has to be found, and said. */
bool sim_damaged(uint32_t disk);
uint64_t sim_place(void); /* place.h */
uint32_t sim_random(uint32_t below);
uint32_t sim_fault_every(void);     /* request of a disk: by the seed */
bool sim_plants(const char *fault); /* a fault that is to be found */

/* steps.c: a step of that process, whatever others do. */
void sim_run_one(struct process *p);

/* kernel.c */
struct object *object_make(enum cap_type type);
void object_release(struct object *o);
void slot_fill(struct slot *s, struct object *o, uint8_t rights, uint64_t badge);
void slot_drop(struct slot *s);
void object_signal(struct object *o, uint64_t bits);
void slot_derive(struct slot *from, struct slot *to); /* `to` was just filled */
void slot_revoke(struct slot *s);                     /* what was derived from it */
void kernel_call(struct task *t);
void kernel_end_tasks(struct process *p);
uint32_t kernel_badges(const struct object *o, uint64_t badge);

/* axiom.c */
void axiom_setup(void);
struct object *axiom_self(void);
struct object *axiom_registry(void);
void axiom_badge_gone(struct object *o, uint64_t badge);

/* life.c */
void life_setup(void);
bool life_may_begin(const struct process *p);
void life_begin(struct process *p);
void life_end(struct process *p);
/* All end; the machine begins again. */
void power_cut(void);
/* What is called from now on, until sim.current is another one, is called as that process. */
void visit(struct process *p);
struct task *task_make(struct process *p, void (*entry)(void *argument), void *argument);
enum program_number number_of(const struct process *p);

/* machine.c: the ports and the interrupt of the clock. */
enum err machine_invoke(uint32_t operation, struct message *m);
bool machine_busy(void);
void machine_step(void);

/* check.c */
void check_append(struct process *p, uint64_t sequence, const void *bytes, uint32_t len);
struct object *check_stream(void); /* the shadows' */
void check_state(void);
void check_ended(struct process *p);
