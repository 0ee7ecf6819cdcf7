/* image.c - see image.h. */
#include "image.h"

#include "bytes.h"
#include "serve.h"
#include "startup.h"

enum {
    PAGE = 4096,
    LARGE = 1 << LARGE_PAGE_BITS,
    INIT_SLOTS = 1024,
    INIT_PRIORITY = 240,
    INIT_COMMITS = 1000000,
    SLOT_BOOT = 3,
    RETYPE_MAX = 64,
};

static const struct image_header *const header = (const struct image_header *)BOOT_IMAGE_ADDR;

static struct {
    uint32_t piece; /* index of the untyped whose frames come next */
    uint32_t taken; /* pages of it */
    /* The files once more, in frames of 2 MiB: whoever gets them has one or two capabilities, not
     * one for each page. 0: not yet made. */
    cap_t first_frame;
    uint32_t frames;
} image;

/* Frames of the image's next pages, in order, into consecutive slots: what genesis left after
 * axiom's runs starts with init's. */
static void take_pages(uint32_t count, uint64_t first)
{
    const struct boot_info *boot = serve.boot;
    while (count > 0) {
        CHECK(image.piece < boot->untyped_count);
        const struct boot_untyped *u = &boot->untypeds[image.piece];
        uint32_t pages = u->kind == UNTYPED_IMAGE ? 1u << (u->bits - PAGE_BITS) : 0;
        uint32_t n = pages - image.taken < count ? pages - image.taken : count;
        if (n == 0) {
            image.piece++;
            image.taken = 0;
            continue;
        }
        if (n > RETYPE_MAX) n = RETYPE_MAX;
        CHECK(kern_retype(GS_UNTYPED + image.piece, CAP_FRAME, PAGE_BITS, n, first) == OK);
        image.taken += n;
        count -= n;
        first += n;
    }
}

/* Init's pages are used where they lie: it is started once. */
static void map_run(struct process *p, const struct image_run *run)
{
    for (uint32_t done = 0; done < run->pages;) {
        uint32_t n;
        mem_slot first = mem_alloc(p, run->pages - done, &n);
        CHECK(first != 0);
        take_pages(n, mem_name(p, first));
        for (uint32_t i = 0; i < n; i++, done++) {
            uint64_t address = run->vaddr + (uint64_t)done * PAGE;
            CHECK(space_attach(p, address, first + i, run->rights, PAGE_BITS) == OK);
        }
    }
}

static void write_startup(struct process *p)
{
    struct startup *page = (struct startup *)OWN_WINDOW;
    uint64_t frame = mem_name(p, space_page(p, STARTUP_PAGE));
    CHECK(kern_copy(name_in(GS_CNODE, serve.scratch), frame, RIGHT_READ | RIGHT_WRITE) == OK);
    CHECK(own_map(serve.scratch, OWN_WINDOW, RIGHT_READ | RIGHT_WRITE) == OK);
    *page = (struct startup){
        .magic = STARTUP_MAGIC,
        .pid = p->pid,
        .argc = 1,
        .cap_count = 2,
        .first_free_slot = SLOT_BOOT + 1,
        .slot_count = p->slots,
        .buffer = STARTUP_BUFFER,
        .heap_base = STARTUP_HEAP,
        .tick_hz = serve.tick_hz,
        .caps = {{.name = "self", .slot = CAP_SLOT_SELF}, {.name = "boot", .slot = SLOT_BOOT}},
        .strings = "init"};
    CHECK(kern_delete(name_in(GS_CNODE, serve.scratch)) == OK);
}

void image_start_init(void)
{
    const struct image_program *program = &header->programs[IMAGE_INIT];
    struct process *p;
    uint32_t thread;
    const struct process_plan plan = {
        .name = text_from("init", 4),
        .pages = (uint32_t)(pool_free_pages(&pool) / 8 * 7),
        .slots = INIT_SLOTS,
        .threads = PROCESS_THREADS_MAX,
        .commits = INIT_COMMITS,
        .priority = INIT_PRIORITY,
        .storage = true,
    };
    CHECK(process_make(&plan, &p) == OK);
    for (uint64_t i = 0; i < program->run_count; i++) {
        map_run(p, &program->runs[i]);
    }
    const uint64_t stack = STARTUP_STACK_TOP - STARTUP_STACK_PAGES * (uint64_t)PAGE;
    CHECK(space_map(p, stack, STARTUP_STACK_PAGES, RIGHT_READ | RIGHT_WRITE) == OK);
    CHECK(space_map(p, STARTUP_PAGE, 1, RIGHT_READ) == OK);
    CHECK(space_map(p, STARTUP_BUFFER, 1, RIGHT_READ | RIGHT_WRITE) == OK);
    write_startup(p);
    CHECK(kern_mint(process_slot(p, SLOT_BOOT), serve.endpoint, RIGHT_WRITE | RIGHT_GRANT,
                    badge_of(KIND_BOOT, 0, p->pid), CAP_FLAG_BOUND) == OK);
    const struct thread_plan first = {.entry = program->entry,
                                      .stack = STARTUP_STACK_TOP,
                                      .argument = STARTUP_PAGE,
                                      .buffer = STARTUP_BUFFER,
                                      .priority = INIT_PRIORITY};
    CHECK(process_thread(p, &first, &thread) == OK);
}

static uint64_t file_bytes(void)
{
    return header->size - header->files_offset;
}

/* The pages as they lie in memory, from OWN_IMAGE on. */
static bool pages_show(void)
{
    uint32_t pages = (uint32_t)(file_bytes() / PAGE), bits = CNODE_BITS_MIN;
    while ((1u << (bits - SLOT_BITS)) <= pages) {
        bits++;
    }
    cap_t cnode = own_alloc(1);
    if (cnode == 0 || own_retype(CAP_CNODE, bits, 1, cnode) != OK) return false;
    take_pages(pages, name_in(cnode, 1));
    for (uint32_t i = 0; i < pages; i++) {
        uint64_t address = OWN_IMAGE + (uint64_t)i * PAGE;
        if (own_map(name_in(cnode, 1 + i), address, RIGHT_READ) != OK) return false;
    }
    return true;
}

/* Only init asks the first time, and it does not go on without: nothing is taken back. */
static bool files_make(void)
{
    uint32_t frames = (uint32_t)((file_bytes() + LARGE - 1) / LARGE);
    cap_t first = own_alloc(frames);
    if (first == 0 || own_large_frames(frames, first) != OK) return false;
    for (uint32_t i = 0; i < frames; i++) {
        uint64_t address = OWN_FILES + (uint64_t)i * LARGE;
        if (own_map(first + i, address, RIGHT_READ | RIGHT_WRITE) != OK) return false;
    }
    if (!pages_show()) return false;
    memcpy((void *)OWN_FILES, (const void *)OWN_IMAGE, file_bytes());
    image.first_frame = first;
    image.frames = frames;
    return true;
}

enum err image_map(struct process *p, uint64_t address, uint64_t *out_bytes)
{
    if (image.frames == 0 && !files_make()) return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < image.frames; i++) {
        enum err err = space_borrow(p, address + (uint64_t)i * LARGE, image.first_frame + i,
                                    RIGHT_READ, LARGE_PAGE_BITS);
        if (err != OK) return err;
    }
    *out_bytes = file_bytes();
    return OK;
}
