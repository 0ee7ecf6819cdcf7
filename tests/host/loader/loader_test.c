/* loader_test.c - containers and kernels, in order and damaged. */
#include "loader_test.h"

#include <stdlib.h>
#include <string.h>

#define NULL_OR(text, got)                                                                         \
    do {                                                                                           \
        const char *said = (got);                                                                  \
        assert_non_null(said);                                                                     \
        assert_non_null(strstr(said, text));                                                       \
    } while (0)

static void put(uint8_t *at, uint64_t value, uint32_t bytes)
{
    memcpy(at, &value, bytes);
}

static void segment_put(uint8_t *at, const uint64_t fields[7])
{
    put(at, fields[0], 4); /* type */
    put(at + 4, fields[1], 4);
    for (uint32_t i = 2; i < 7; i++) { /* offset, vaddr, paddr, size in the file, size */
        put(at + 8 * (i - 1), fields[i], 8);
    }
}

uint8_t *kernel_make(void)
{
    static const uint8_t ident[7] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    static const uint32_t multiboot2[4] = {0xe85250d6, 0, 16, 0u - 0xe85250d6u - 16};
    uint8_t *elf = calloc(1, KERNEL_BYTES);
    memcpy(elf, ident, sizeof(ident));
    put(elf + 16, 2 | 62 << 16, 4);
    put(elf + 24, 0x100010, 8); /* entry */
    put(elf + 32, 64, 8);
    put(elf + 54, 56 | 2 << 16, 4);
    segment_put(elf + 64, (uint64_t[]){1, 5, 1024, 0x100000, 0x100000, 100, 100});
    segment_put(elf + 120, (uint64_t[]){1, 6, 2048, 0xffffffff80101000, 0x101000, 500, 9000});
    memcpy(elf + 512, multiboot2, sizeof(multiboot2));
    return elf;
}

void container_sum(uint8_t *bytes)
{
    uint32_t kernel_size, crc = ~0u;
    memcpy(&kernel_size, bytes + 8, 4);
    for (uint32_t i = 0; i < CONTAINER_SUMMED + kernel_size; i++) { /* a bit a step */
        crc ^= i < CONTAINER_SUMMED ? bytes[i] : bytes[CONTAINER_PAGE + i - CONTAINER_SUMMED];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
    }
    put(bytes + 16, ~crc, 4);
}

uint8_t *container_make(void)
{
    uint8_t *bytes = calloc(1, WHOLE_BYTES), *kernel = kernel_make();
    memcpy(bytes, "!WLboot1", 8);
    put(bytes + 8, KERNEL_BYTES, 4);
    put(bytes + 12, IMAGE_BYTES, 4);
    memcpy(bytes + CONTAINER_PAGE, kernel, KERNEL_BYTES);
    memset(bytes + 3 * CONTAINER_PAGE, 0x5a, IMAGE_BYTES);
    container_sum(bytes);
    free(kernel);
    return bytes;
}

static void container_parts(void **state)
{
    (void)state;
    struct container found;
    uint8_t *bytes = container_make();
    assert_null(container_read(bytes, WHOLE_BYTES, &found));
    assert_ptr_equal(found.kernel, bytes + 4096);
    assert_int_equal(found.kernel_size, KERNEL_BYTES);
    assert_ptr_equal(found.image, bytes + 3 * 4096);
    assert_int_equal(found.image_size, IMAGE_BYTES);

    put(bytes + 12, 0, 4); /* no image */
    container_sum(bytes);
    assert_null(container_read(bytes, 3 * 4096, &found));
    assert_int_equal(found.image_size, 0);
    free(bytes);
}

static void container_checksum(void **state) /* the one that everyone's CRC-32 is checked with */
{
    (void)state;
    struct container found;
    uint8_t *bytes = calloc(1, 2 * 4096);
    memcpy(bytes, "!WLboot1", 8);
    put(bytes + 8, 9, 4);
    memcpy(bytes + 4096, "123456789", 9);
    put(bytes + 16, 0xc096d1d0, 4); /* zlib.crc32(bytes[:16] + b"123456789") of Python */
    assert_null(container_read(bytes, 2 * 4096, &found));
    free(bytes);
}

static void container_refuses(void **state)
{
    (void)state;
    struct container found;
    uint8_t *bytes = container_make();
    NULL_OR("no container", container_read(bytes, 0, &found));
    NULL_OR("no container", container_read(bytes, 4095, &found));
    NULL_OR("cut off", container_read(bytes, 4096, &found));
    NULL_OR("cut off", container_read(bytes, WHOLE_BYTES - 1, &found));
    put(bytes + 12, IMAGE_BYTES - 1, 4);
    NULL_OR("cut off", container_read(bytes, WHOLE_BYTES, &found));
    put(bytes + 8, 0xffffffff, 4); /* sizes whose sum would wrap around in 32 bits */
    put(bytes + 12, WHOLE_BYTES - 4096, 4);
    NULL_OR("cut off", container_read(bytes, WHOLE_BYTES, &found));
    free(bytes);

    bytes = container_make();
    bytes[7]++; /* the magic, with a checksum that is right */
    container_sum(bytes);
    NULL_OR("no container", container_read(bytes, WHOLE_BYTES, &found));
    free(bytes);

    bytes = container_make();
    for (uint32_t at = 0; at < 3 * 4096; at += at < 20 || at == 4096 + KERNEL_BYTES - 2 ? 1 : 7) {
        bool matters = at < 20 || (at >= 4096 && at < 4096 + KERNEL_BYTES);
        bytes[at] ^= 0x10;
        assert_int_equal(matters, container_read(bytes, WHOLE_BYTES, &found) != NULL);
        bytes[at] ^= 0x10;
    }
    free(bytes);
}

static void kernel_parts(void **state)
{
    (void)state;
    struct plan plan;
    uint8_t *elf = kernel_make();
    assert_null(kernel_plan(elf, KERNEL_BYTES, &plan));
    assert_int_equal(plan.entry, 0x100010);
    assert_int_equal(plan.count, 2);
    assert_int_equal(plan.segments[1].to.base, 0x101000);
    assert_int_equal(plan.segments[1].to.size, 9000);
    assert_int_equal(plan.segments[1].from, 2048);
    assert_int_equal(plan.segments[1].file_size, 500);
    free(elf);
}

/* Bytes changed in a kernel that is in order, and what is said then. */
static const struct change {
    uint32_t at, bytes;
    uint64_t value;
    const char *why;
} changes[] = {
    {3, 1, 'G', "no ELF"},          /* magic */
    {4, 1, 1, "no ELF"},            /* class */
    {5, 1, 2, "no ELF"},            /* big-endian */
    {16, 2, 3, "no ELF"},           /* a shared object */
    {18, 2, 3, "no ELF"},           /* i386 */
    {54, 2, 32, "no ELF"},          /* program headers of another size */
    {512, 4, 0, "no Multiboot2"},   /* magic */
    {524, 4, 0, "no Multiboot2"},   /* checksum */
    {32, 8, 65, "program headers"}, /* not aligned */
    {32, 8, KERNEL_BYTES - 104, "program headers"},
    {32, 8, ~7ull, "program headers"},
    {56, 2, 0xffff, "program headers"},
    {64 + 8, 8, KERNEL_BYTES - 99, "outside its file"},
    {64 + 8, 8, ~0ull, "outside its file"},
    {120 + 32, 8, KERNEL_BYTES - 2047, "outside its file"},
    {120 + 32, 8, 9001, "smaller than"},
    {120 + 24, 8, 1ull << 32, "above 4 GiB"},
    {120 + 24, 8, (1ull << 32) - 8999, "above 4 GiB"},
    {120 + 40, 8, ~0ull, "above 4 GiB"},
    {24, 8, 0x100064, "entry"}, /* one behind the code */
    {24, 8, 0xfffff, "entry"},
    {24, 8, 0x100100010, "entry"},   /* only its lower half is right */
    {24, 8, 0x101000, "entry"},      /* data */
    {68, 4, 6, "entry"},             /* not executable */
    {64 + 16, 8, 0x200000, "entry"}, /* linked elsewhere than loaded */
    {56, 2, 0, "entry"},             /* no segments */
};

/* What just still is right. */
static void kernel_edges(void **state)
{
    (void)state;
    static const struct change edges[] = {
        {24, 8, 0x100000, ""}, /* entry: first and last byte of the code */
        {24, 8, 0x100063, ""},
        {120 + 32, 8, KERNEL_BYTES - 2048, ""}, /* contents up to the end of the file */
        {120 + 24, 8, (1ull << 32) - 9000, ""}, /* memory up to 4 GiB */
        {120 + 40, 8, 500, ""},                 /* nothing to clear */
        {120 + 40, 8, 0, ""},                   /* nothing at all */
    };
    struct plan plan;
    for (uint32_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        uint8_t *elf = kernel_make();
        put(elf + edges[i].at, edges[i].value, edges[i].bytes);
        assert_null(kernel_plan(elf, KERNEL_BYTES, &plan));
        free(elf);
    }
    uint8_t *kernel = kernel_make(), *elf = calloc(1, 40000);
    for (uint32_t at = 32768 - 16; at <= 32768 - 8; at += 8) { /* the last place, one behind it */
        memcpy(elf, kernel, KERNEL_BYTES);
        memset(elf + 512, 0, 16);
        memcpy(elf + at, kernel + 512, 16);
        assert_int_equal(at == 32768 - 16, kernel_plan(elf, 40000, &plan) == NULL);
        memset(elf + at, 0, 16);
    }
    free(elf);
    free(kernel);
}

static void kernel_refuses(void **state)
{
    (void)state;
    struct plan plan;
    for (uint32_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        const struct change *c = &changes[i];
        uint8_t *elf = kernel_make();
        put(elf + c->at, c->value, c->bytes);
        NULL_OR(c->why, kernel_plan(elf, KERNEL_BYTES, &plan));
        free(elf);
    }
    uint8_t *elf = kernel_make();
    NULL_OR("no ELF", kernel_plan(elf, 63, &plan));
    for (uint32_t i = 0; i <= SEGMENTS_MAX; i++) {
        segment_put(elf + 1024 + 56ul * i, (uint64_t[]){1, 5, 0, 0x100000, 0x100000, 0, 100});
    }
    put(elf + 32, 1024, 8);
    put(elf + 56, SEGMENTS_MAX, 2);
    assert_null(kernel_plan(elf, KERNEL_BYTES, &plan));
    put(elf + 56, SEGMENTS_MAX + 1, 2);
    NULL_OR("too many segments", kernel_plan(elf, KERNEL_BYTES, &plan));
    free(elf);
}

static void places(void **state)
{
    (void)state;
    struct plan plan = {.count = 1, .segments = {{.to = {0x100000, 0x2000}}}};
    struct memory_entry entries[] = {
        {0, 0x9f000, MEMORY_USABLE, 0}, {0xfffff, 1, 2, 0}, {0x100000, 0x2000, MEMORY_USABLE, 0}};
    struct memory_map map = {entries, 3};
    struct range taken[] = {{0x102000, 0x1000}, {0xff000, 0x1000}};
    assert_null(plan_fits(&plan, &map, taken, 2));

    taken[1].size++;
    NULL_OR("beside loader", plan_fits(&plan, &map, taken, 2));
    taken[1].size--;
    taken[0].base--;
    NULL_OR("beside loader", plan_fits(&plan, &map, taken, 2));
    taken[0].base++;
    entries[2].size--;
    NULL_OR("does not fit", plan_fits(&plan, &map, taken, 2));
    entries[2] = (struct memory_entry){0x100001, 0x2000, MEMORY_USABLE, 0};
    NULL_OR("does not fit", plan_fits(&plan, &map, taken, 2));
    entries[2] = (struct memory_entry){0x100000, 0x2000, 2, 0}; /* reserved */
    NULL_OR("does not fit", plan_fits(&plan, &map, taken, 2));
    map.count = 0;
    NULL_OR("does not fit", plan_fits(&plan, &map, taken, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(container_parts), TEST(container_checksum), TEST(container_refuses),
        TEST(kernel_parts),    TEST(kernel_edges),       TEST(kernel_refuses),
        TEST(places),          TEST(information_writes), TEST(information_refuses),
        TEST(random_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
