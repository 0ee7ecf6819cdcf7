/* kernel_file.c - see kernel_file.h. No I/O: the host's tests run it too. */
#include "kernel_file.h"

/* ELF-64 object file format 1.5, and Multiboot2 specification 3.1.1 */
struct elf_header {
    uint8_t magic[4], class, data, version, rest[9];
    uint16_t type, machine;
    uint32_t version_2;
    uint64_t entry, segments_at, sections_at;
    uint32_t flags;
    uint16_t size, segment_size, segment_count, section_size, section_count, names;
};
struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, file_size, size, alignment;
};
_Static_assert(sizeof(struct elf_header) == 64 && sizeof(struct elf_segment) == 56, "ELF64");
enum { CLASS_64 = 2, DATA_LITTLE = 1, TYPE_EXEC = 2, MACHINE_X86_64 = 62, LOAD = 1, EXECUTE = 1 };
enum { MULTIBOOT2_MAGIC = 0xe85250d6, MULTIBOOT2_WITHIN = 32768 };

#define ADDRESSES (1ull << 32)

static bool is_kernel(const struct elf_header *elf)
{
    static const uint8_t magic[4] = {0x7f, 'E', 'L', 'F'};
    for (uint32_t i = 0; i < sizeof(magic); i++) {
        if (elf->magic[i] != magic[i]) return false;
    }
    return elf->class == CLASS_64 && elf->data == DATA_LITTLE && elf->type == TYPE_EXEC &&
           elf->machine == MACHINE_X86_64 && elf->segment_size == sizeof(struct elf_segment);
}

/* Is it meant to be entered so? */
static bool has_multiboot2(const uint8_t *file, uint32_t size)
{
    uint32_t end = size < MULTIBOOT2_WITHIN ? size : MULTIBOOT2_WITHIN;
    for (uint32_t at = 0; at + 16 <= end; at += 8) {
        const uint32_t *words = (const void *)(file + at);
        if (words[0] == MULTIBOOT2_MAGIC && words[0] + words[1] + words[2] + words[3] == 0)
            return true;
    }
    return false;
}

static bool contains(const struct range *r, uint64_t at)
{
    return at >= r->base && at - r->base < r->size;
}

const char *kernel_plan(const uint8_t *file, uint32_t size, struct plan *out)
{
    const struct elf_header *elf = (const void *)file;
    if (size < sizeof(*elf) || !is_kernel(elf)) return "the kernel is no ELF program for x86_64";
    if (!has_multiboot2(file, size)) return "the kernel has no Multiboot2 header";
    uint64_t table_size = elf->segment_count * sizeof(struct elf_segment);
    if (elf->segments_at % 8 || elf->segments_at > size || table_size > size - elf->segments_at)
        return "the kernel's program headers lie outside its file";

    const struct elf_segment *from = (const void *)(file + elf->segments_at);
    bool entry_found = false;
    *out = (struct plan){.entry = (uint32_t)elf->entry};
    for (const struct elf_segment *s = from; s < from + elf->segment_count; s++) {
        if (s->type != LOAD || s->size == 0) continue;
        if (out->count == SEGMENTS_MAX) return "the kernel has too many segments";
        if (s->file_size > s->size) return "a segment of the kernel is smaller than its contents";
        if (s->offset > size || s->file_size > size - s->offset)
            return "a segment of the kernel lies outside its file";
        if (s->paddr >= ADDRESSES || s->size > ADDRESSES - s->paddr)
            return "a segment of the kernel lies above 4 GiB";
        struct range to = {s->paddr, s->size};
        entry_found |= s->vaddr == s->paddr && s->flags & EXECUTE && contains(&to, elf->entry);
        out->segments[out->count++] =
            (struct segment){to, (uint32_t)s->offset, (uint32_t)s->file_size};
    }
    return entry_found ? NULL : "the kernel's entry is not in its code";
}

static bool overlap(const struct range *a, const struct range *b)
{
    return a->base < b->base + b->size && b->base < a->base + a->size;
}

static bool is_usable(const struct range *r, const struct memory_map *map)
{
    for (const struct memory_entry *e = map->entries; e < map->entries + map->count; e++) {
        if (e->type != MEMORY_USABLE || r->base < e->base) continue;
        if (r->base - e->base < e->size && r->size <= e->size - (r->base - e->base)) return true;
    }
    return false;
}

const char *plan_fits(const struct plan *plan, const struct memory_map *map,
                      const struct range *taken, uint32_t taken_count)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct range *to = &plan->segments[i].to;
        if (!is_usable(to, map)) return "the kernel does not fit into the memory of this machine";
        for (uint32_t j = 0; j < taken_count; j++) {
            if (overlap(to, &taken[j])) return "no memory for the kernel beside loader and module";
        }
    }
    return NULL;
}
