/* test_boot.c - genesis, and what core_boot() refuses. */
#include <string.h>

#include "pair.h"
#include "unit.h"

#define MIB (1ull << 20)

TEST(BOOT0001, "genesis runs axiom at its entry with everything in its CNode")
{
    EXPECT_EQ(axiom->id, GENESIS_THREAD);
    EXPECT_EQ(axiom->state, T_RUNNING);
    EXPECT_EQ(axiom->regs.rip, 0x400000);
    EXPECT_EQ(axiom->regs.rsp, BOOT_STACK_TOP);
    EXPECT_EQ(axiom->regs.rdi, BOOT_INFO_ADDR);
    EXPECT(axiom->flags & THREAD_DRAIN);
    static const uint8_t types[] = {[GS_CNODE] = CAP_CNODE,
                                    [GS_ASPACE] = CAP_ASPACE,
                                    [GS_THREAD] = CAP_THREAD,
                                    [GS_SCHED] = CAP_SCHED,
                                    [GS_IRQ_CONTROL] = CAP_IRQ_CONTROL,
                                    [GS_PORT_CONTROL] = CAP_PORT_CONTROL,
                                    [GS_LOG] = CAP_LOG};
    for (uint32_t i = 1; i < sizeof(types); i++) {
        EXPECT_EQ(ax_slot(i)->type, types[i]);
        EXPECT_EQ(ax_slot(i)->depth, 1);
    }
    EXPECT_EQ(ax_slot(boot_info->first_free_slot)->type, CAP_EMPTY);
    EXPECT_EQ(ax_slot(boot_info->first_free_slot - 1)->type, CAP_FRAME);
}

TEST(BOOT0002, "the log opens with BOOT, then has a record for every root")
{
    EXPECT_EQ(commit_at(0)->op, COMMIT_BOOT);
    EXPECT_EQ(commit_at(0)->actor, 0);
    uint32_t genesis = 0, roots = 0;
    for (uint64_t i = 0; i < commits(); i++) {
        genesis += commit_at(i)->op == COMMIT_GENESIS;
    }
    for (const struct slot *s = cap_root.child; s != &cap_root; s = s->next) {
        roots++;
    }
    EXPECT_EQ(genesis, roots);
    EXPECT_EQ(event_at(0)->kind, EVENT_BOOT);
}

TEST(BOOT0003, "untypeds cover free memory without kernel, image or each other")
{
    uint64_t bytes = 0;
    struct boot_params p = make_machine();
    for (uint32_t i = 0; i < boot_info->untyped_count; i++) {
        const struct boot_untyped *u = &boot_info->untypeds[i];
        const struct slot *s = ax_slot(GS_UNTYPED + i);
        uint64_t end = u->base + (1ull << u->bits);
        EXPECT_EQ(s->obj, u->base);
        EXPECT_EQ(s->bits, u->bits);
        EXPECT_EQ(u->base & ((1ull << u->bits) - 1), 0);
        EXPECT(end <= p.kernel.base || u->base >= p.kernel.base + p.kernel.size);
        if (u->kind != UNTYPED_MEMORY) continue;
        EXPECT(end <= p.image.base || u->base >= p.image.base + p.image.size);
        bytes += 1ull << u->bits;
    }
    uint64_t total = p.kernel.size + p.memory[0].size + p.memory[1].size;
    EXPECT_EQ(boot_info->memory_bytes, total);
    EXPECT_EQ(bytes + boot_info->kernel_bytes + p.image.size, total);
}

TEST(BOOT0004, "axiom's pages are mapped as its runs say")
{
    uint32_t exec = 0, data = 0, stack = 0;
    for (uint32_t i = GS_FRAMES; i < boot_info->first_free_slot; i++) {
        const struct slot *s = ax_slot(i);
        uint64_t at = s->badge & ~(PAGE_BYTES - 1), rights = s->badge & (PAGE_BYTES - 1);
        exec += (at == 0x400000 || at == 0x401000) && rights == (RIGHT_READ | MAP_EXEC);
        data += (at == 0x402000 || at == 0x403000) && rights == (RIGHT_READ | RIGHT_WRITE);
        stack += at < BOOT_STACK_TOP && at >= BOOT_STACK_TOP - BOOT_STACK_PAGES * PAGE_BYTES;
    }
    EXPECT_EQ(exec, 2);
    EXPECT_EQ(data, 2);
    EXPECT_EQ(stack, BOOT_STACK_PAGES);
}

static const char *refusal_of(const struct boot_params *p)
{
    const char *refusal = NULL;
    CATCH_PANIC(refusal = core_boot(p));
    EXPECT(fake.panic == NULL);
    return refusal;
}

static struct image_header *again(struct boot_params *p)
{
    fake_reset();
    *p = make_machine();
    return make_image(p->image.base, p->image.size / PAGE_BYTES);
}

TEST(BOOT0005, "every damage to the boot image has its refusal")
{
    struct boot_params p;
    struct image_header *h = again(&p);
    p.image.size = 0;
    EXPECT(strstr(refusal_of(&p), "no boot image") != NULL);

    h = again(&p);
    h->magic++;
    EXPECT(strstr(refusal_of(&p), "damaged header") != NULL);

    h = again(&p);
    p.image.size = PAGE_BYTES / 2;
    EXPECT(strstr(refusal_of(&p), "damaged header") != NULL);

    h = again(&p);
    h->version++;
    seal_image(h);
    EXPECT(strstr(refusal_of(&p), "version") != NULL);

    const uint64_t sizes[] = {0,     1,         4095, PAGE_BYTES + 8, p.image.size + PAGE_BYTES,
                              ~0ull, 1ull << 63};
    for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        h = again(&p);
        h->size = sizes[i];
        EXPECT(strstr(refusal_of(&p), "truncated") != NULL);
    }

    h = again(&p);
    h->programs[IMAGE_AXIOM].run_count = 0;
    seal_image(h);
    EXPECT(strstr(refusal_of(&p), "no axiom") != NULL);
    h = again(&p);
    h->programs[IMAGE_AXIOM].run_count = IMAGE_RUNS_MAX + 1;
    seal_image(h);
    EXPECT(strstr(refusal_of(&p), "no axiom") != NULL);
    boot();
}

TEST(BOOT0006, "one bit changed anywhere in the image is found")
{
    struct boot_params p;
    uint64_t bytes = make_machine().image.size;
    for (uint64_t at = 0; at < bytes; at += 997) {
        struct image_header *h = again(&p);
        ((char *)h)[at] ^= (char)(1 << at % 8);
        EXPECT(refusal_of(&p) != NULL);
    }
    boot();
}

TEST(BOOT0007, "too little memory is refused, enough in many pieces is not")
{
    struct boot_params p;
    again(&p);
    p.memory[1].size = 4 * MIB;
    EXPECT(strstr(refusal_of(&p), "too little memory") != NULL);
    again(&p);
    p.memory_count = 0;
    for (uint32_t i = 0; i < 8; i++) { /* 8 pieces of 6 MiB */
        p.memory[p.memory_count++] = (struct memory_region){(8 + i * 8) * MIB, 6 * MIB};
    }
    EXPECT(refusal_of(&p) == NULL);
    boot();
}

TEST(BOOT0008, "the image may lie anywhere: before, behind or between what is free")
{
    const uint64_t bases[] = {MIB * 5, MIB * 9, MIB * 30, FAKE_MEMORY - 16 * PAGE_BYTES};
    for (uint32_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        fake_reset();
        struct boot_params p = make_machine();
        p.image.base = bases[i];
        make_image(p.image.base, p.image.size / PAGE_BYTES);
        EXPECT(core_boot(&p) == NULL);
        EXPECT_EQ(((const struct image_header *)phys_to_ptr(bases[i]))->magic, IMAGE_MAGIC);
    }
    boot();
}

TEST(DEBUG0001, "SYS_DEBUG prints one character in debug builds")
{
    struct pair p = pair_make();
    uint32_t before = fake.output_len;
    p.c->regs.w[0] = 'x';
    OKAY(sys(p.c, SYS_DEBUG, 0, 0, 0));
    EXPECT_EQ(fake.output_len, before + 1);
    EXPECT_EQ(fake.output[before], 'x');
}

TEST(BOOT0009, "what axiom gets read-only stays so: rings, code, image header, boot information")
{
    for (uint32_t i = GS_FRAMES; i < boot_info->first_free_slot; i++) {
        const struct slot *s = ax_slot(i);
        EXPECT_EQ((s->rights & RIGHT_WRITE) != 0, (s->badge & RIGHT_WRITE) != 0);
    }
    uint64_t space = make(CAP_ASPACE, 0);
    REFUSED(ERR_RIGHTS, OP(axiom, OP_MAP, GS_FRAMES, space, 0x400000, RIGHT_READ | RIGHT_WRITE));
}

TEST(BOOT0010, "memory in many pieces: the kernel boots, and hands out what it has names for")
{
    struct boot_params p;
    again(&p);
    p.memory[1].size = 24 * MIB;
    while (p.memory_count < BOOT_REGIONS_MAX) { /* each of blocks of 4, 8, 16 ... pages */
        struct memory_region last = p.memory[p.memory_count - 1];
        uint64_t next = (last.base + last.size + MIB - 1) & ~(MIB - 1);
        p.memory[p.memory_count++] =
            (struct memory_region){next + PAGE_BYTES, MIB - 2 * PAGE_BYTES};
    }
    const char *refusal = refusal_of(&p);
    EXPECT(refusal == NULL);
    boot();
}

/* Genesis on a machine with that memory: the device memory that it gives, whole and in order. */
static struct memory_region devices_of(const struct memory_region *memory, uint32_t count)
{
    struct boot_params p;
    struct memory_region found = {0};
    again(&p);
    for (uint32_t i = 0; i < count; i++) {
        p.memory[p.memory_count++] = memory[i];
    }
    EXPECT(refusal_of(&p) == NULL);
    const struct container *c = cpu()->current->cspace;
    const struct boot_info *info =
        phys_to_ptr(container_slot(c, GS_FRAMES + LOG_BYTES / PAGE_BYTES)->obj);
    for (uint32_t i = 0; i < info->untyped_count; i++) {
        const struct boot_untyped *u = &info->untypeds[i];
        if (u->kind != UNTYPED_DEVICE) continue;
        EXPECT(container_slot(c, GS_UNTYPED + i)->flags & CAP_FLAG_DEVICE);
        if (found.size == 0) found.base = u->base;
        EXPECT_EQ(u->base, found.base + found.size);
        found.size += 1ull << u->bits;
    }
    return found;
}

TEST(BOOT0011, "device memory begins behind RAM, and ends before the interrupt controllers")
{
    struct memory_region d = devices_of(NULL, 0);
    EXPECT_EQ(d.base, DEVICE_MEMORY);
    EXPECT_EQ(d.base + d.size, DEVICE_END);
    /* only names are made of what lies behind the arena here */
    const struct memory_region low = {DEVICE_MEMORY - MIB, 3 * MIB}, high = {1ull << 32, MIB};
    d = devices_of(&high, 1);
    EXPECT_EQ(d.base, DEVICE_MEMORY);
    EXPECT_EQ(d.base + d.size, DEVICE_END);
    d = devices_of((const struct memory_region[]){low, high}, 2);
    EXPECT_EQ(d.base, DEVICE_MEMORY + 2 * MIB);
    EXPECT_EQ(d.base + d.size, DEVICE_END);
    boot();
}
