/*
 * boot.c - genesis: memory becomes untypeds, and axiom's process is made of what is left.
 *
 * Everything here is a root of the derivation, and has its record. Kernel memory comes from the low
 * end of the largest region and never goes back.
 */
#include "arch.h"
#include "check.h"
#include "commit.h"
#include "core.h"
#include "invoke.h"
#include "irq.h"
#include "sched.h"

#define MEMORY_MIN (24ull << 20)
#define POOL_MIN (8ull << 20)
#define LOW_MEMORY (1ull << 20) /* below it live firmware tables and what starts other CPUs */
#define AXIOM_BUDGET_MS 10
enum { AXIOM_PRIORITY = 254, HOLES = 3 };

static struct {
    const struct boot_params *params;
    const struct image_header *image;
    struct memory_region pool;         /* kernel memory is taken from its start */
    struct memory_region holes[HOLES]; /* not free: kernel, image, what the kernel took */
    struct container *cnode;
    struct thread *thread;
    uint64_t aspace, log;
    struct boot_info *info;
    uint32_t next_table, next_frame; /* slots of axiom's CNode */
} boot;

static uint64_t take(uint64_t bytes, uint64_t align)
{
    uint64_t at = (boot.pool.base + align - 1) & ~(align - 1);
    uint64_t end = at + bytes;
    CHECK(end <= boot.pool.base + boot.pool.size);
    boot.pool.size -= end - boot.pool.base;
    boot.pool.base = end;
    for (uint64_t page = at; page < end; page += PAGE_BYTES) {
        arch_clear_page(phys_to_ptr(page));
    }
    return at;
}

static void genesis(uint32_t index, struct slot cap)
{
    struct slot *s = container_slot(boot.cnode, index);
    slot_insert(s, index, &cap, &cap_root);
    commit_slot(COMMIT_GENESIS, s, NULL, 0, 0);
}

static void genesis_object(uint32_t index, enum cap_type type, uint64_t obj, uint32_t bits)
{
    genesis(index,
            (struct slot){
                .obj = obj, .type = (uint8_t)type, .rights = RIGHTS_ALL, .bits = bits & 0xff});
}

/* Runs an operation of axiom's thread before it lives, on a slot of its CNode. */
static enum err operate(enum operation op, uint64_t name, uint64_t w0, uint64_t w1, uint64_t w2)
{
    struct request rq = {.caller = boot.thread, .op = op, .w = (uint64_t[]){w0, w1, w2, 0}};
    return invoke(&rq, name);
}

static void configure(enum thread_slot which, uint32_t from)
{
    CHECK(operate(OP_COPY, (uint64_t)GS_THREAD << 32 | which, from, RIGHTS_ALL, 0) == OK);
}

static void map_page(uint64_t page, uint64_t vaddr, uint64_t rights)
{
    uint32_t frame = boot.next_frame++;
    genesis_object(frame, CAP_FRAME, page, PAGE_BITS);
    enum err e;
    while ((e = operate(OP_MAP, frame, GS_ASPACE, vaddr, rights)) == ERR_NO_TABLE) {
        uint32_t table = boot.next_table++;
        genesis_object(table, CAP_PTABLE, take(PAGE_BYTES, PAGE_BYTES), TABLE_BITS);
        CHECK(operate(OP_MAP, table, GS_ASPACE, vaddr, 0) == OK);
    }
    CHECK(e == OK);
}

static void map_range(uint64_t base, uint64_t bytes, uint64_t vaddr, uint64_t rights)
{
    for (uint64_t i = 0; i < bytes; i += PAGE_BYTES) {
        map_page(base + i, vaddr + i, rights);
    }
}

/* The largest naturally aligned blocks that fill a region, from its start. */
static void add_untypeds(struct memory_region r, enum untyped_kind kind)
{
    struct boot_info *info = boot.info;
    uint64_t end = (r.base + r.size) & ~(PAGE_BYTES - 1);
    uint64_t at = (r.base + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    while (at < end && info->untyped_count < BOOT_UNTYPED_MAX) {
        uint32_t bits = at == 0 ? UNTYPED_BITS_MAX : (uint32_t)__builtin_ctzll(at);
        while (bits > UNTYPED_BITS_MAX || 1ull << bits > end - at) {
            bits--;
        }
        uint32_t i = info->untyped_count++;
        info->untypeds[i] =
            (struct boot_untyped){.base = at, .bits = (uint8_t)bits, .kind = (uint8_t)kind};
        struct slot cap = {
            .obj = at, .type = CAP_UNTYPED, .rights = RIGHTS_ALL, .bits = bits & 0xff};
        cap.flags = kind == UNTYPED_MEMORY ? 0 : CAP_FLAG_DEVICE;
        genesis(GS_UNTYPED + i, cap);
        at += 1ull << bits;
    }
}

static uint64_t page_up(uint64_t at)
{
    return (at + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

/* Cuts from the start of `r` the first stretch that no hole covers; it may be empty. */
static struct memory_region cut_free(struct memory_region *r)
{
    uint64_t at = r->base < LOW_MEMORY ? LOW_MEMORY : r->base, end = r->base + r->size, stop = end;
    for (uint32_t i = 0; i < HOLES * HOLES; i++) { /* one hole may lead into another */
        const struct memory_region *h = &boot.holes[i % HOLES];
        if (h->base <= at && page_up(h->base + h->size) > at) at = page_up(h->base + h->size);
    }
    for (uint32_t i = 0; i < HOLES; i++) {
        if (boot.holes[i].base > at && boot.holes[i].base < stop) stop = boot.holes[i].base;
    }
    *r = (struct memory_region){stop, end - stop};
    return (struct memory_region){at, at < stop ? stop - at : 0};
}

static const char *image_refused(const struct memory_region *r)
{
    const struct image_header *h = phys_to_ptr(r->base);
    if (r->size < PAGE_BYTES || h->magic != IMAGE_MAGIC) return "boot image: damaged header";
    if (h->version != IMAGE_VERSION) return "boot image: another version";
    if (h->size > r->size || h->size % PAGE_BYTES != 0) return "boot image: truncated";
    uint64_t sum_at = __builtin_offsetof(struct image_header, checksum) / 8;
    const uint64_t *w = phys_to_ptr(r->base), zero = 0;
    uint64_t sum = image_sum(0, w, sum_at);
    sum = image_sum(sum, &zero, 1);
    sum = image_sum(sum, w + sum_at + 1, h->size / 8 - sum_at - 1);
    if (sum != h->checksum) return "boot image: damaged (checksum)";
    const struct image_program *axiom = &h->programs[IMAGE_AXIOM];
    if (axiom->run_count == 0 || axiom->run_count > IMAGE_RUNS_MAX) return "boot image: no axiom";
    return NULL;
}

/* The kernel takes its own memory from the start of the largest free stretch. */
static const char *choose_pool(void)
{
    const struct boot_params *p = boot.params;
    uint64_t total = 0;
    for (uint32_t i = 0; i < p->memory_count; i++) {
        total += p->memory[i].size;
        for (struct memory_region r = p->memory[i]; r.size != 0;) {
            struct memory_region piece = cut_free(&r);
            if (piece.size > boot.pool.size) boot.pool = piece;
        }
    }
    boot.holes[2].base = boot.pool.base = page_up(boot.pool.base);
    return total < MEMORY_MIN || boot.pool.size < POOL_MIN ? "too little memory" : NULL;
}

static void text_copy(char *to, const char *from, uint32_t size)
{
    for (uint32_t i = 0; from != NULL && i + 1 < size && from[i] != 0; i++) {
        to[i] = from[i];
    }
}

/* The objects of axiom's process, its capabilities to itself, and the control capabilities. */
static void make_process(void)
{
    uint64_t cnode = take(1ull << GENESIS_CNODE_BITS, PAGE_BYTES),
             objects = take(PAGE_BYTES, PAGE_BYTES);
    boot.cnode = phys_to_ptr(cnode);
    container_init(boot.cnode, CAP_CNODE, 1u << (GENESIS_CNODE_BITS - SLOT_BITS));
    boot.aspace = take(PAGE_BYTES, PAGE_BYTES);
    arch_aspace_init(boot.aspace);
    boot.thread = phys_to_ptr(objects);
    thread_init(boot.thread);
    boot.next_table = GS_TABLES;
    boot.next_frame = GS_FRAMES;

    genesis_object(GS_CNODE, CAP_CNODE, cnode, GENESIS_CNODE_BITS);
    genesis_object(GS_ASPACE, CAP_ASPACE, boot.aspace, TABLE_BITS);
    genesis_object(GS_THREAD, CAP_THREAD, objects, THREAD_BITS);
    genesis_object(GS_SCHED, CAP_SCHED, objects + (1u << THREAD_BITS), SCHED_BITS);
    genesis_object(GS_IRQ_CONTROL, CAP_IRQ_CONTROL, 0, 0);
    genesis_object(GS_PORT_CONTROL, CAP_PORT_CONTROL, 0, 0);
    genesis_object(GS_LOG, CAP_LOG, LOG_LINE, 0);
    /* the first slot by the thread's own CNode, so that the others can be named through it */
    struct slot *cspace = thread_slot(boot.thread, TS_CSPACE),
                *own = container_slot(boot.cnode, GS_CNODE);
    slot_insert(cspace, TS_CSPACE, own, own);
    commit_slot(COMMIT_COPY, cspace, own, 0, 0);
    configure(TS_ASPACE, GS_ASPACE);
    configure(TS_SCHED, GS_SCHED);
}

static void make_memory(void)
{
    const struct image_program *axiom = &boot.image->programs[IMAGE_AXIOM];
    uint64_t info = ptr_to_phys(boot.info), image = boot.params->image.base, end = PAGE_BYTES;
    map_range(boot.log, LOG_BYTES, BOOT_LOG_ADDR, RIGHT_READ);
    map_page(info, BOOT_INFO_ADDR, RIGHT_READ);
    uint32_t buffer = boot.next_frame;
    map_page(take(PAGE_BYTES, PAGE_BYTES), BOOT_BUFFER_ADDR, RIGHT_READ | RIGHT_WRITE);
    configure(TS_BUFFER, buffer);
    for (uint32_t i = BOOT_STACK_PAGES; i > 0; i--) {
        map_page(take(PAGE_BYTES, PAGE_BYTES), BOOT_STACK_TOP - i * PAGE_BYTES,
                 RIGHT_READ | RIGHT_WRITE);
    }
    map_page(image, BOOT_IMAGE_ADDR, RIGHT_READ);
    for (uint64_t i = 0; i < axiom->run_count; i++) {
        const struct image_run *run = &axiom->runs[i];
        map_range(image + run->offset, run->pages * PAGE_BYTES, run->vaddr, run->rights);
        end = run->offset + run->pages * PAGE_BYTES;
    }
    add_untypeds((struct memory_region){image + end, boot.image->size - end}, UNTYPED_IMAGE);
}

static void make_untypeds(void)
{
    const struct boot_params *p = boot.params;
    boot.holes[2].size = boot.pool.base - boot.holes[2].base;
    for (uint32_t i = 0; i < p->memory_count; i++) {
        boot.info->memory_bytes += p->memory[i].size;
        for (struct memory_region r = p->memory[i]; r.size != 0;) {
            add_untypeds(cut_free(&r), UNTYPED_MEMORY);
        }
    }
    for (uint32_t i = 0; i < p->device_count; i++) {
        add_untypeds(p->device[i], UNTYPED_DEVICE);
    }
}

static void start_axiom(void)
{
    uint64_t budget = boot.params->tick_hz / 1000 * AXIOM_BUDGET_MS;
    uint64_t entry = boot.image->programs[IMAGE_AXIOM].entry;
    CHECK(operate(OP_THREAD_CONFIG, GS_THREAD, AXIOM_PRIORITY, 0, 0) == OK);
    CHECK(operate(OP_LOG_DRAIN, GS_LOG, GS_THREAD, 0, 0) == OK);
    CHECK(operate(OP_SCHED_CONFIG, GS_SCHED, budget, budget, 0) == OK);
    CHECK(operate(OP_THREAD_START, GS_THREAD, entry, BOOT_STACK_TOP, BOOT_INFO_ADDR) == OK);
}

const char *core_boot(const struct boot_params *params)
{
    boot.params = params;
    boot.holes[0] = params->kernel;
    boot.holes[1] = params->image;
    sched_charge(params->entry_ticks);
    cap_root.child = cap_root.last = NULL;
    const char *refusal = params->image.size == 0 ? "no boot image (module)" : NULL;
    if (refusal == NULL) refusal = image_refused(&params->image);
    if (refusal == NULL) refusal = choose_pool();
    if (refusal != NULL) return refusal;
    boot.image = phys_to_ptr(params->image.base);

    boot.log = take(LOG_BYTES, PAGE_BYTES);
    log_init(boot.log);
    commit_emit(
        &(struct commit){.op = COMMIT_BOOT, .arg0 = boot.pool.size, .arg1 = boot.image->checksum});
    boot.info = phys_to_ptr(take(PAGE_BYTES, PAGE_BYTES));
    make_process();
    make_memory();
    make_untypeds();

    struct boot_info *info = boot.info;
    info->kernel_bytes = boot.holes[2].size + params->kernel.size;
    info->rsdp = params->rsdp;
    info->tick_hz = params->tick_hz;
    info->entry_ticks = params->entry_ticks;
    info->features = params->features;
    info->cpu_leaks = params->cpu_leaks;
    info->image_base = params->image.base;
    info->image_size = boot.image->size;
    info->cpu_count = 1;
    info->first_free_slot = boot.next_frame;
    text_copy(info->version, WL_VERSION, sizeof(info->version));
    text_copy(info->cmdline, params->cmdline, sizeof(info->cmdline));
    start_axiom();
    event_record(&(struct event){.kind = EVENT_BOOT});
    sched_finish();
    return NULL;
}
