/* compare.c - see compare.h. */
#include "compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "fake.h"
#include "guest.h"
#include "irq.h"
#include "objects.h"

enum { SHOWN = 20 };
#define PTE_TOUCHED 0x60ull /* accessed, dirty: the machine sets them. SDM vol 3A 4.8 */

static struct {
    uint64_t fields, wrong, objects;
    const char *what; /* the object under comparison */
    uint64_t where;
} tally;

static void equal(const char *field, uint64_t here, uint64_t there)
{
    tally.fields++;
    if (here == there) return;
    if (tally.wrong++ < SHOWN)
        printf("%s %#" PRIx64 ": %s is %#" PRIx64 ", in the machine %#" PRIx64 "\n", tally.what,
               tally.where, field, here, there);
}

#define FIELD(a, b, name) equal(#name, (uint64_t)(a)->name, (uint64_t)(b)->name)
#define LINK(a, b, name) equal(#name, guest_address((a)->name), (uint64_t)(b)->name)

/* The object's other half; it counts as compared. NULL: nothing there. */
static const void *other(const char *what, const void *here, uint64_t bytes)
{
    tally.what = what;
    tally.where = ptr_to_phys(here);
    tally.objects++;
    const void *there = guest_phys(tally.where, bytes);
    if (there == NULL) equal("its place", 1, 0);
    return there;
}

static void compare_slot(const struct slot *a)
{
    const struct slot *b = other("slot", a, sizeof(*a));
    if (b == NULL) return;
    FIELD(a, b, type);
    FIELD(a, b, obj);
    FIELD(a, b, badge);
    FIELD(a, b, extra);
    FIELD(a, b, rights);
    FIELD(a, b, flags);
    FIELD(a, b, depth);
    FIELD(a, b, index);
    FIELD(a, b, bits);
    LINK(a, b, prev);
    LINK(a, b, next);
    LINK(a, b, child);
    LINK(a, b, last);
}

static void compare_container(const struct container *a)
{
    const struct container *b = other("container", a, sizeof(*a));
    if (b == NULL) return;
    FIELD(a, b, credits);
    FIELD(a, b, count);
    FIELD(a, b, top);
    FIELD(a, b, type);
    FIELD(a, b, frozen);
    for (uint32_t i = 1; i < a->count; i++) {
        compare_slot(container_slot(a, i));
    }
}

static void compare_queue(const struct queue *a, const struct queue *b)
{
    LINK(a, b, head);
    LINK(a, b, tail);
}

/* In the guest, where struct arch_cpu has another size. */
static uint64_t cpu_bytes(void)
{
    return sizeof(struct cpu) - sizeof(struct arch_cpu) + guest_cpu_bytes();
}

static void compare_place(const char *name, const struct cpu *a, const struct cpu *b)
{
    uint64_t offset = (uint64_t)b - guest_symbol(SYM_CPUS);
    equal(name, (uint64_t)(a - cpus) * cpu_bytes(), offset);
}

static void compare_thread(const struct thread *a)
{
    compare_container(&a->head);
    const struct thread *b = other("thread", a, sizeof(*a));
    if (b == NULL) return;
    FIELD(a, b, id);
    compare_place("cpu", a->cpu, b->cpu);
    compare_place("goes", a->goes, b->goes);
    FIELD(a, b, state);
    FIELD(a, b, priority);
    FIELD(a, b, flags);
    LINK(a, b, q_prev);
    LINK(a, b, q_next);
    equal("queue", 1, guest_same_queue(a->queue, (uint64_t)b->queue));
    LINK(a, b, via);
    FIELD(a, b, is_call);
    FIELD(a, b, is_fault);
    FIELD(a, b, fault_kind);
    FIELD(a, b, lend_depth);
    LINK(a, b, reply);
    LINK(a, b, lender);
    LINK(a, b, borrower);
    for (uint32_t i = 0; i <= MSG_CAPS_MAX; i++) {
        FIELD(a, b, caps[i].slot);
        FIELD(a, b, caps[i].rights);
        FIELD(a, b, caps[i].badge);
    }
}

static void compare_table(const struct slot *s)
{
    const uint64_t *a = cap_object(s), *b = other("table", a, PAGE_BYTES);
    uint32_t entries = s->type == CAP_ASPACE ? 256 : 512;
    for (uint32_t i = 0; b != NULL && i < entries; i++) {
        equal("entry", a[i], b[i] & ~(b[i] & PTE_PRESENT ? PTE_TOUCHED : 0));
    }
}

static void compare_small(const struct slot *s)
{
    const void *here = cap_object(s);
    const void *there = other("object", here, 1 << ENDPOINT_BITS);
    if (there == NULL) return;
    if (s->type == CAP_ENDPOINT) {
        compare_queue(here, there);
    } else if (s->type == CAP_NOTIFICATION) {
        const struct notification *a = here, *b = there;
        LINK(a, b, user);
        FIELD(a, b, word);
        compare_queue(&a->queue, &b->queue);
    } else if (s->type == CAP_REPLY) {
        const struct reply *a = here, *b = there;
        LINK(a, b, thread);
        FIELD(a, b, state);
    } else {
        const struct sched *a = here, *b = there;
        LINK(a, b, user);
        FIELD(a, b, cpu);
        FIELD(a, b, budget);
        FIELD(a, b, period);
        FIELD(a, b, remaining);
        FIELD(a, b, refill_at);
        FIELD(a, b, consumed);
    }
}

static void compare_object(const struct slot *s, void *context)
{
    (void)context;
    if (s->type == CAP_CNODE) {
        compare_container(cap_object(s));
    } else if (s->type == CAP_THREAD) {
        compare_thread(cap_object(s));
    } else if (s->type == CAP_ASPACE || s->type == CAP_PTABLE) {
        compare_table(s);
    } else {
        compare_small(s);
    }
}

static void compare_cpu(const struct cpu *a, uint32_t number, uint64_t there)
{
    tally.what = "cpu";
    tally.where = number;
    /* both begin with the architecture's part, and only that differs in size */
    const struct cpu *b = guest_at(there + guest_cpu_bytes() - sizeof(struct arch_cpu), sizeof(*b));
    if (b == NULL) {
        equal("its place", 1, 0);
        return;
    }
    LINK(a, b, current);
    LINK(a, b, actor);
    LINK(a, b, sched);
    FIELD(a, b, now);
    FIELD(a, b, charged);
    FIELD(a, b, timer);
    FIELD(a, b, index);
    for (uint32_t i = 0; i < 256; i++) {
        compare_queue(&a->ready[i], &b->ready[i]);
    }
    for (uint32_t i = 0; i < 4; i++) {
        FIELD(a, b, ready_map[i]);
    }
    compare_queue(&a->parked, &b->parked);
}

static uint64_t guest_word(enum guest_symbol symbol, uint64_t bytes)
{
    uint64_t word = 0;
    const void *at = guest_at(guest_symbol(symbol), bytes);
    if (at != NULL) memcpy(&word, at, bytes);
    return word;
}

static void compare_lines(void)
{
    const struct irq_line *b = guest_at(guest_symbol(SYM_IRQ_LINES), sizeof(irq_lines));
    const bool *masked = guest_at(guest_symbol(SYM_LINES), FAKE_LINES * 2); /* masked, pending */
    tally.what = "line";
    for (uint32_t i = 0; b != NULL && masked != NULL && i < LINES; i++) {
        tally.where = i;
        LINK(&irq_lines[i], &b[i], notification);
        FIELD(&irq_lines[i], &b[i], badge);
        FIELD(&irq_lines[i], &b[i], taken);
        if (i < FAKE_LINES) equal("masked", fake.masked[i], masked[2 * i]);
    }
}

static void compare_variables(void)
{
    const struct slot *root = guest_at(guest_symbol(SYM_CAP_ROOT), sizeof(*root));
    const struct log_header *h = &engine.rings->header;
    const struct log_header *b =
        guest_at(guest_word(SYM_RINGS, sizeof(uint64_t)), sizeof(struct log_header));
    tally.what = "kernel";
    tally.where = 0;
    if (root == NULL || b == NULL) {
        equal("its place", 1, 0);
        return;
    }
    LINK(&cap_root, root, child);
    LINK(&cap_root, root, last);
    equal("cap_cursor", guest_address(cap_cursor), guest_word(SYM_CAP_CURSOR, sizeof(uint64_t)));
    equal("cpu_last", cpu_last, guest_word(SYM_CPU_LAST, sizeof(cpu_last)));
    equal("event_number", engine.at, guest_word(SYM_EVENT_NUMBER, sizeof(uint64_t)));
    FIELD(h, b, commit_head);
    FIELD(h, b, commit_tail);
    FIELD(h, b, event_head);
    FIELD(h, b, event_tail);
    FIELD(h, b, events_dropped);
    FIELD(h, b, sigma);
}

bool compare(char *text)
{
    static const enum cap_type types[] = {CAP_CNODE,        CAP_THREAD, CAP_SCHED,  CAP_ENDPOINT,
                                          CAP_NOTIFICATION, CAP_REPLY,  CAP_ASPACE, CAP_PTABLE};
    memset(&tally, 0, sizeof(tally));
    const char *wrong = guest_open(text);
    if (wrong != NULL) {
        printf("compare: %s\n", wrong);
        guest_close();
        return false;
    }
    compare_variables();
    for (uint32_t i = 0; i < CPUS_MAX; i++) {
        compare_cpu(&cpus[i], i, guest_symbol(SYM_CPUS) + i * cpu_bytes());
    }
    compare_lines();
    for (uint32_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        objects_each(types[i], compare_object, NULL);
    }
    guest_close();
    printf("event %" PRIu64 ": %" PRIu64 " objects, %" PRIu64 " fields compared, %" PRIu64
           " differ\n",
           engine.at - 1, tally.objects, tally.fields, tally.wrong);
    return tally.wrong == 0;
}
