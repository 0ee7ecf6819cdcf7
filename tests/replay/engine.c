/* engine.c - see engine.h. */
#include "engine.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core.h"
#include "fake.h"
#include "text.h"

struct engine engine;

_Static_assert(offsetof(struct boot_params, memory) == 6 * sizeof(uint64_t), "ARGS of BOOT");
enum { ARGS_REGIONS = 6 /* words before the memory regions */ };

static bool diverge(const char *format, ...)
{
    va_list list;
    int n = snprintf(engine.message, sizeof(engine.message), "event %" PRIu64 ": ", engine.at);
    va_start(list, format);
    vsnprintf(engine.message + n, sizeof(engine.message) - (size_t)n, format, list);
    va_end(list);
    engine.diverged = true;
    return false;
}

static bool fits(struct memory_region r)
{
    return r.base < FAKE_MEMORY && r.size <= FAKE_MEMORY - r.base;
}

static bool boot(const struct event *e, const uint64_t *args)
{
    struct boot_params p = {.info.entry_ticks = e->time};
    memcpy(&p.kernel, args, ARGS_REGIONS * sizeof(*args));
    memcpy(p.memory, args + ARGS_REGIONS, sizeof(p.memory));
    while (p.memory_count < BOOT_REGIONS_MAX && p.memory[p.memory_count].size != 0) {
        if (!fits(p.memory[p.memory_count++])) return diverge("more memory than is provided for");
    }
    if (!fits(p.kernel) || !fits(p.pool) || !fits(p.image)) return diverge("regions of the kernel");
    if (p.image.size < recording.image_bytes) return diverge("the boot image was shorter");
    fake_reset();
    memcpy(phys_to_ptr(p.image.base), recording.image, recording.image_bytes);
    const char *refusal = NULL;
    CATCH_PANIC(refusal = core_boot(&p));
    if (fake.panic != NULL) return diverge("the kernel panics: %s", fake.panic);
    if (refusal != NULL) return diverge("the kernel refuses to boot: %s", refusal);
    const struct container *c = cpu()->current->cspace;
    engine.rings = phys_to_ptr(container_slot(c, GS_FRAMES)->obj);
    return true;
}

/* Registers and buffer of the thread, as far as they decide. */
static void call(struct thread *t, const struct event *e, const uint64_t *args)
{
    uint64_t number = SYS_BASE + (uint64_t)e->op;
    uint32_t caps = msg_caps(e->info);
    struct ipc_buffer *b = thread_buffer(t);
    t->regs.rax = number;
    t->regs.rdi = e->slot;
    t->regs.rsi = e->info;
    t->regs.rbx = number <= SYS_REPLY ? e->arg : 0;
    if (number == SYS_INVOKE) {
        t->regs.rdi |= e->arg << 32;
        memcpy(t->regs.w, args, 4 * sizeof(*args));
    } else if (number <= SYS_REPLY && caps <= MSG_CAPS_MAX && b != NULL) {
        memcpy(b->caps, args, caps * sizeof(b->caps[0]));
    }
    fake_syscall(e->time);
}

static bool run(const struct event *e, const uint64_t *args)
{
    if (e->cpu >= CPUS_MAX) return diverge("CPU %u", e->cpu);
    fake_cpu = &cpus[e->cpu];
    struct thread *t = cpu()->current;
    uint32_t id = t != NULL ? t->id : 0;
    if (id != e->thread) return diverge("thread %u was running, here it is %u", e->thread, id);
    bool needs = e->kind == EVENT_SYSCALL || e->kind == EVENT_STOPPED || e->kind == EVENT_FAULT;
    if (needs && t == NULL) return diverge("a step of a thread while none ran");
    if (e->kind == EVENT_IRQ && e->slot >= IRQ_LINES) return diverge("line %u", e->slot);
    fake.panic = NULL;
    CATCH_PANIC(switch (e->kind) {
        case EVENT_SYSCALL:
            call(t, e, args);
            break;
        case EVENT_STOPPED:
            call(t, &(struct event){.time = e->time, .op = SYS_YIELD - SYS_BASE}, args);
            break;
        case EVENT_IRQ:
            core_irq(e->slot, e->time);
            break;
        case EVENT_TICK:
            core_tick(e->time);
            break;
        case EVENT_FAULT:
            core_fault((enum fault_kind)e->op, e->slot, 0, e->arg, e->time);
            break;
        default:
            fake.panic = "a record of no known kind";
            break;
    });
    if (fake.panic != NULL) return diverge("the kernel panics: %s", fake.panic);
    return true;
}

/* What the core wrote into its rings in this step, against the recording. */
static bool agrees(void)
{
    const struct log_header *h = &engine.rings->header;
    char was[TEXT_MAX], is[TEXT_MAX];
    uint64_t n = engine.at, end = recording.positions[n + 1], last = recording.first_commits[n + 1];
    for (uint64_t i = recording.first_commits[n]; i < last && i < h->commit_head; i++) {
        const struct commit *c = &engine.rings->commits[i % LOG_COMMITS],
                            *r = &recording.commits[i];
        if (memcmp(c, r, sizeof(*c)) == 0) continue;
        text_commit(was, r);
        text_commit(is, c);
        return diverge("commit %" PRIu64 "\n  recorded %s\n  here     %s", i, was, is);
    }
    if (h->commit_head != last)
        return diverge("%" PRIu64 " commits were recorded, here are %" PRIu64,
                       last - recording.first_commits[n],
                       h->commit_head - recording.first_commits[n]);
    for (uint64_t p = recording.positions[n]; p < end && p < h->event_head; p++) {
        const struct event *e = &engine.rings->events[p % LOG_EVENTS], *r = &recording.records[p];
        if (memcmp(e, r, sizeof(*e)) == 0) continue;
        text_event(was, r);
        text_event(is, e);
        return diverge("its record\n  recorded %s\n  here     %s", was, is);
    }
    if (h->event_head != end)
        return diverge("%" PRIu64 " records, here %" PRIu64, end - recording.positions[n],
                       h->event_head - recording.positions[n]);
    return true;
}

bool engine_step(void)
{
    uint64_t args[RECORDING_ARGS];
    const struct event *e = recording_event(engine.at);
    bool ok = recording_args(engine.at, args);
    if (!ok) diverge("damaged ARGS");
    ok = ok && (engine.at == 0 ? boot(e, args) : run(e, args)) && agrees();
    engine.at++;
    return ok;
}
