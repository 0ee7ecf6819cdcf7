/*
 * process.h - what axiom knows of a process. The kernel knows only its objects.
 *
 * A process holds its own CNode and nothing else of this: the memory CNodes ("leaves"), which hold
 * its frames and page tables, are named by axiom alone. A slot in a leaf is a mem_slot.
 */
#pragma once
#include <stdbool.h>

#include "chunks.h"
#include "idl/axiom.h"
#include "kern.h"
#include "logmem.h"

enum {
    PROCESSES_MAX = LIVING_SLOTS,
    PROCESSES_RESERVED = 32, /* for init */
    CHILDREN_MAX = 64,
    PROCESS_THREADS_MAX = 32,
    LEAF_BITS = 14, /* 256 slots, of which the first is none */
    LEAF_SLOTS = 1 << (LEAF_BITS - SLOT_BITS),
    LEAVES_MAX = 64,
    CHUNK_KINDS = CHUNK_SMALL + 1,
    SLOTS_MIN = 64,
    SLOTS_MAX = 65536,
    PID_INIT = 1,
};

/* Kinds of axiom's own objects: bits 56 to 62 of a badge. Below: bits 32 to 55 who asks (Process
 * and Devices only: for whom the capability was made), bits 0 to 31 the process meant. A Memory has
 * its number (area.h), a window its pages and the number of its first page there. */
/* clang-format off */
enum object_kind {
    KIND_SELF = 1, KIND_PROCESS, KIND_OBSERVE, KIND_BOOT, KIND_MEMORY, KIND_DEVICES, KIND_WINDOW,
    KIND_DMA
};
/* clang-format on */

static inline uint64_t badge_of(enum object_kind kind, uint32_t asker, uint32_t pid)
{
    return (uint64_t)kind << 56 | (uint64_t)(asker & 0xffffff) << 32 | pid;
}
static inline uint32_t badge_kind(uint64_t badge)
{
    return (uint32_t)(badge >> 56) & 0x7f;
}
static inline uint32_t badge_asker(uint64_t badge)
{
    return (uint32_t)(badge >> 32) & 0xffffff;
}
static inline uint32_t badge_pid(uint64_t badge)
{
    return (uint32_t)badge;
}

typedef uint32_t mem_slot; /* leaf * LEAF_SLOTS + index; 0: none */

struct leaf {
    cap_t slot;
    uint32_t *link; /* of a free slot: the next one; of a frame of its own: its chunk; else 0 */
};

struct thread_entry {
    cap_t slot;
    mem_slot sched;
    uint32_t id;                   /* the kernel's */
    uint32_t budget_us, period_us; /* of the first: the most that any other may have */
};

struct table;      /* space.h */
struct attachment; /* area.h */

struct process {
    uint32_t pid, parent;
    char name[LIFE_NAME_MAX + 1];
    uint8_t state; /* enum axiom_process_info_state */
    uint8_t priority;
    uint8_t cpu; /* where its threads run */
    bool storage;
    bool dma;          /* may have memory that devices reach, */
    uint8_t mastering; /* and so many of them do */
    bool ended;        /* all that it had is back: the entry goes with the last Process to it */
    int32_t exit_code;
    uint32_t refs; /* Process capabilities to it */
    uint32_t pages_max, slots, threads_max, commits_max;
    uint32_t pages_lent; /* to its children, of pages_max */
    uint64_t bytes_used;
    uint64_t born; /* commits when it began to be made */
    uint32_t chunks;
    chunk_id current[CHUNK_KINDS];
    uint32_t small_made;
    cap_t cspace;
    uint64_t cspace_address;
    mem_slot aspace, fault;
    cap_t exit;                     /* notification, 0 none */
    uint32_t leaf_count, leaf_next; /* the last leaf's first slot never used */
    mem_slot free_slot;
    struct table *tables; /* the newest first */
    uint32_t reaches;     /* how many of them are of the last level */
    struct attachment *attached;
    uint32_t attached_count;
    uint32_t thread_count;
    struct thread_entry threads[PROCESS_THREADS_MAX];
    struct leaf leaves[LEAVES_MAX];
};

_Static_assert(sizeof(struct process) <= 2048, "the heap takes it back");

struct process_plan { /* checked by the caller: text and quota */
    struct text name;
    uint32_t pid_parent;
    uint32_t pages, slots, threads, commits;
    uint8_t priority;
    bool storage;
    cap_t fault, exit; /* in receive slots, 0 none */
};

struct thread_plan {
    uint64_t entry, stack, argument, fs_base, buffer;
    uint32_t budget_us, period_us; /* 0: as the first thread, or the round robin's */
    uint8_t priority;
    bool fpu;
};

void processes_setup(cap_t endpoint, uint64_t tick_hz);
struct process *process_find(uint32_t pid);   /* also one that has ended */
struct process *process_living(uint32_t pid); /* NULL if it has ended */
struct process *process_after(uint32_t pid);  /* the living one with the next pid */
MUST_USE enum err process_make(const struct process_plan *plan, struct process **out);
struct process *process_entry(uint32_t index); /* of PROCESSES_MAX; NULL: nobody */
/* Its entry, if all that it had is back, nobody holds a Process to it, and no device knows its
 * memory. */
void process_forget(struct process *p);
/* First whoever it made ends, with code 129. All that it has goes back. The entry, and `p` with it,
 * goes when nobody holds a Process to it. */
void process_end(struct process *p, int32_t code, enum life_event event);
/* A Process capability was made (1) or is gone (-1). */
void process_referenced(uint64_t badge, int by);
MUST_USE enum err process_thread(struct process *p, const struct thread_plan *plan,
                                 uint32_t *out_id);
/* Its threads go to that CPU: ERR_RANGE if it has not come up. */
MUST_USE enum err process_move(struct process *p, uint8_t cpu);
const struct thread_entry *process_thread_entry(const struct process *p, uint32_t id);
/* What the events say of a thread: it faulted, or it made a system call again. */
void process_faulted(uint32_t thread);
void process_called(uint32_t thread);
uint64_t process_ticks(const struct process *p);
void process_describe(const struct process *p, struct axiom_process_info *out);

static inline uint64_t process_slot(const struct process *p, uint32_t slot)
{
    return name_in(p->cspace, slot);
}
static inline uint64_t mem_name(const struct process *p, mem_slot slot)
{
    return name_in(p->leaves[slot / LEAF_SLOTS].slot, slot % LEAF_SLOTS);
}
static inline uint32_t process_pages(const struct process *p)
{
    return (uint32_t)((p->bytes_used + 4095) / 4096);
}
