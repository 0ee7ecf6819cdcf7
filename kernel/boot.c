/*
 * boot.c - genesis: axiom's process is made of the kernel's pool, and memory becomes untypeds.
 *
 * Everything here is a root of the derivation, and has its record. What is taken of the pool never
 * goes back.
 */
#include "core.h"
#include "invoke.h"
#include "irq.h"

#define AXIOM_TICKS (1ull << 24) /* milliseconds; at its end comes the next at once */
enum { AXIOM_PRIORITY = 254 };
enum { GENESIS_DEVICE = 256, GENESIS_READ = 512 };

static struct {
    const struct boot_params *params;
    const struct image_header *image;
    uint64_t pool; /* kernel memory is taken from here up */
    struct container *cnode;
    struct thread *thread;
    struct boot_info *info;
    uint32_t next_table, next_frame; /* slots of axiom's CNode */
} boot;

/* Zeroed pages. */
static uint64_t take(uint64_t bytes)
{
    boot.pool += bytes;
    CHECK(boot.pool <= boot.params->pool.base + boot.params->pool.size);
    return boot.pool - bytes;
}

static void genesis(uint32_t index, enum cap_type type, uint64_t obj, uint32_t bits)
{
    struct slot *s = container_slot(boot.cnode, index), cap = {.obj = obj, .rights = RIGHTS_ALL};
    cap.type = (uint8_t)type;
    cap.bits = bits & 0xff;
    cap.flags = bits & GENESIS_DEVICE ? CAP_FLAG_DEVICE : 0;
    if (bits & GENESIS_READ) cap.rights = RIGHT_READ | RIGHT_GRANT;
    slot_insert(s, index, &cap, &cap_root);
    commit_slot(COMMIT_GENESIS, s, NULL, 0, 0);
}

/* Runs an operation of axiom's thread before it lives. */
static enum err operate(enum operation op, uint64_t name, uint64_t w0, uint64_t w1, uint64_t w2)
{
    struct request rq = {.caller = boot.thread, .op = op, .w = (uint64_t[]){w0, w1, w2, 0}};
    return invoke(&rq, name);
}

/* The name of a slot that configures axiom's thread. */
#define CONFIG(which) ((uint64_t)GS_THREAD << 32 | (which))

static void map_pages(uint64_t base, uint64_t bytes, uint64_t vaddr, uint64_t rights)
{
    for (uint64_t end = base + bytes; base < end; base += PAGE_BYTES, vaddr += PAGE_BYTES) {
        uint32_t frame = boot.next_frame++;
        enum err e;
        genesis(frame, CAP_FRAME, base, PAGE_BITS | (rights & RIGHT_WRITE ? 0 : GENESIS_READ));
        while ((e = operate(OP_MAP, frame, GS_ASPACE, vaddr, rights)) == ERR_NO_TABLE) {
            uint32_t table = boot.next_table++;
            genesis(table, CAP_PTABLE, take(PAGE_BYTES), TABLE_BITS);
            CHECK(operate(OP_MAP, table, GS_ASPACE, vaddr, 0) == OK);
        }
        CHECK(e == OK);
    }
}

/* The largest naturally aligned blocks that fill whole pages, from their start. */
static void add_untypeds(uint64_t at, uint64_t end, enum untyped_kind kind)
{
    while (at < end && boot.info->untyped_count < BOOT_UNTYPED_MAX) { /* what is left stays idle */
        uint32_t bits = (uint32_t)__builtin_ctzll(at), i = boot.info->untyped_count++;
        while (1ull << bits > end - at) {
            bits--;
        }
        boot.info->untypeds[i] = (struct boot_untyped){at, (uint8_t)bits, (uint8_t)kind, {0}};
        if (kind != UNTYPED_MEMORY) bits |= GENESIS_DEVICE;
        genesis(GS_UNTYPED + i, CAP_UNTYPED, at, bits);
        at += 1ull << (bits & 0xff);
    }
}

static const char *image_refused(const struct image_header *h, uint64_t size)
{
    if (size == 0) return "no boot image (module)";
    if (size < PAGE_BYTES || h->magic != IMAGE_MAGIC) return "boot image: damaged header";
    if (h->version != IMAGE_VERSION) return "boot image: another version";
    if (h->size - 1 >= size || h->size % PAGE_BYTES != 0) return "boot image: truncated";
    uint64_t at = __builtin_offsetof(struct image_header, checksum) / 8, zero = 0;
    const uint64_t *w = (const uint64_t *)h;
    uint64_t sum = image_sum(image_sum(0, w, at), &zero, 1);
    if (image_sum(sum, w + at + 1, h->size / 8 - at - 1) != h->checksum)
        return "boot image: damaged (checksum)";
    uint64_t runs = h->programs[IMAGE_AXIOM].run_count;
    return runs == 0 || runs > IMAGE_RUNS_MAX ? "boot image: no axiom" : NULL;
}

/* Axiom's objects, its capabilities to itself, and the control capabilities. */
static void make_axiom(void)
{
    uint64_t cnode = take(1ull << GENESIS_CNODE_BITS), aspace = take(PAGE_BYTES);
    uint64_t thread = take(PAGE_BYTES), sched = thread + (1u << THREAD_BITS);
    boot.cnode = phys_to_ptr(cnode);
    boot.thread = phys_to_ptr(thread);
    boot.next_table = GS_TABLES;
    boot.next_frame = GS_FRAMES;
    container_init(boot.cnode, CAP_CNODE, 1u << (GENESIS_CNODE_BITS - SLOT_BITS));
    arch_aspace_init(aspace);
    thread_init(boot.thread);
    boot.thread->flags = THREAD_DRAIN;
    genesis(GS_CNODE, CAP_CNODE, cnode, GENESIS_CNODE_BITS);
    genesis(GS_ASPACE, CAP_ASPACE, aspace, TABLE_BITS);
    genesis(GS_THREAD, CAP_THREAD, thread, THREAD_BITS);
    genesis(GS_SCHED, CAP_SCHED, sched, SCHED_BITS);
    genesis(GS_IRQ_CONTROL, CAP_IRQ_CONTROL, 0, 0);
    genesis(GS_PORT_CONTROL, CAP_PORT_CONTROL, 0, 0);
    genesis(GS_LOG, CAP_LOG, LOG_LINE, 0);
    /* by hand, so that the others can be named through it */
    struct slot *cspace = thread_slot(boot.thread, TS_CSPACE);
    struct slot *root = container_slot(boot.cnode, GS_CNODE);
    slot_insert(cspace, TS_CSPACE, root, root);
    sched_place(boot.thread);
    commit_slot(COMMIT_COPY, cspace, root, 0, 0);
    CHECK(operate(OP_COPY, CONFIG(TS_ASPACE), GS_ASPACE, RIGHTS_ALL, 0) == OK);
    CHECK(operate(OP_COPY, CONFIG(TS_SCHED), GS_SCHED, RIGHTS_ALL, 0) == OK);
}

static void make_memory(uint64_t log)
{
    const struct image_program *axiom = &boot.image->programs[IMAGE_AXIOM];
    const struct boot_params *p = boot.params;
    uint64_t image = p->image.base, end = PAGE_BYTES, stack = BOOT_STACK_PAGES * PAGE_BYTES;
    uint64_t device = DEVICE_MEMORY;
    map_pages(log, LOG_BYTES, BOOT_LOG_ADDR, RIGHT_READ);
    map_pages(ptr_to_phys(boot.info), PAGE_BYTES, BOOT_INFO_ADDR, RIGHT_READ);
    uint32_t buffer = boot.next_frame;
    map_pages(take(PAGE_BYTES), PAGE_BYTES, BOOT_BUFFER_ADDR, RIGHT_READ | RIGHT_WRITE);
    CHECK(operate(OP_COPY, CONFIG(TS_BUFFER), buffer, RIGHTS_ALL, 0) == OK);
    map_pages(take(stack), stack, BOOT_STACK_TOP - stack, RIGHT_READ | RIGHT_WRITE);
    map_pages(image, PAGE_BYTES, BOOT_IMAGE_ADDR, RIGHT_READ);
    for (const struct image_run *r = axiom->runs; r < axiom->runs + axiom->run_count; r++) {
        map_pages(image + r->offset, r->pages * PAGE_BYTES, r->vaddr, r->rights);
        end = r->offset + r->pages * PAGE_BYTES;
    }
    add_untypeds(image + end, image + boot.image->size, UNTYPED_IMAGE);
    for (const struct memory_region *r = p->memory; r < p->memory + p->memory_count; r++) {
        uint64_t stop = r->base + r->size, hole = image, after = image + p->image.size;
        if (hole < r->base || hole >= stop) hole = after = stop; /* the image lies elsewhere */
        add_untypeds(r->base, hole, UNTYPED_MEMORY);
        add_untypeds(after, stop, UNTYPED_MEMORY);
        if (r->base < DEVICE_END && stop > device) device = stop;
    }
    add_untypeds(device, DEVICE_END, UNTYPED_DEVICE);
}

const char *core_boot(const struct boot_params *p)
{
    boot.params = p;
    boot.image = phys_to_ptr(p->image.base);
    boot.pool = p->pool.base;
    uint64_t bytes = p->kernel.size;
    const char *refusal = image_refused(boot.image, p->image.size);
    for (uint32_t i = 0; i < p->memory_count; i++) {
        bytes += p->memory[i].size;
    }
    if (refusal == NULL && bytes < MEMORY_MIN) refusal = "too little memory";
    if (refusal != NULL) return refusal;

    cpu()->now = p->info.entry_ticks;
    cpu()->stamp = EVENT_STAMP;
    uint64_t log = take(LOG_BYTES);
    log_init(phys_to_ptr(log));
    boot.info = phys_to_ptr(take(PAGE_BYTES));
    *boot.info = p->info;
    commit_emit(&(struct commit){.op = COMMIT_BOOT, .arg0 = bytes, .arg1 = boot.image->checksum});
    make_axiom();
    make_memory(log);
    boot.info->memory_bytes = bytes;
    boot.info->kernel_bytes = p->kernel.size;
    boot.info->image_base = p->image.base;
    boot.info->image_size = boot.image->size;
    boot.info->first_free_slot = boot.next_frame;
    CHECK(operate(OP_THREAD_CONFIG, GS_THREAD, AXIOM_PRIORITY, 0, 0) == OK);
    CHECK(operate(OP_SCHED_CONFIG, GS_SCHED, AXIOM_TICKS, AXIOM_TICKS, 0) == OK);
    uint64_t entry = boot.image->programs[IMAGE_AXIOM].entry;
    CHECK(operate(OP_THREAD_START, GS_THREAD, entry, BOOT_STACK_TOP, BOOT_INFO_ADDR) == OK);
    event_record(EVENT(EVENT_BOOT, 0ull, 0), 0, 0);
    event_args(&p->kernel.base, 6 + 2 * p->memory_count);
    sched_finish();
    return NULL;
}
