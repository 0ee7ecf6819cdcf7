/* elf_fuzz.c - whatever the parser accepts keeps all the promises of elf.h. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "abi/object.h"
#include "elf.h"

enum { FILE_BYTES = 0x1c0 };

#define PROMISE(fact)                                                                              \
    do {                                                                                           \
        if (!(fact)) abort();                                                                      \
    } while (0)

static void check(const struct elf_program *program, size_t size)
{
    uint64_t before = ELF_LOWEST;
    bool entry = false;
    PROMISE(program->count > 0 && program->count <= ELF_SEGMENTS_MAX);
    for (uint32_t i = 0; i < program->count; i++) {
        const struct elf_segment *s = &program->segments[i];
        uint64_t end = s->address + s->pages * 4096ull;
        PROMISE(s->address >= before && s->address % 4096 == 0 && s->pages > 0);
        PROMISE(end <= ELF_HIGHEST);
        PROMISE(s->rights & RIGHT_READ);
        PROMISE((s->rights & (RIGHT_WRITE | MAP_EXEC)) != (RIGHT_WRITE | MAP_EXEC));
        PROMISE(s->offset <= size && s->bytes <= size - s->offset);
        PROMISE(s->skip < 4096 && s->skip + s->bytes <= s->pages * 4096ull);
        if (program->entry >= s->address && program->entry < end) entry = s->rights & MAP_EXEC;
        before = end;
    }
    PROMISE(entry);
}

static void put(uint8_t *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

/* A program with a text and a data segment and a note, that is accepted. */
static void make_good(uint8_t file[FILE_BYTES])
{
    memset(file, 0, FILE_BYTES);
    memcpy(file, "\177ELF\2\1\1", 7);
    memcpy(file + 16, "\2\0\76\0\1\0\0\0", 8); /* static x86-64 program, version 1 */
    put(file + 24, 0x400100, 8);               /* entry */
    put(file + 32, 64, 8);                     /* program headers: place, size, number */
    put(file + 54, 56, 2);
    put(file + 56, 3, 2);
    for (uint64_t i = 0; i < 3; i++) {
        uint8_t *header = file + 64 + i * 56;
        put(header, i == 2 ? 4 : 1, 4);       /* PT_NOTE, PT_LOAD */
        put(header + 4, i == 0 ? 5 : 6, 4);   /* flags */
        put(header + 8, 0x100 + i * 0x40, 8); /* offset */
        put(header + 16, 0x400100 + i * 0x1040, 8);
        put(header + 32, 0x40, 8); /* bytes in the file */
        put(header + 40, 0x40, 8); /* in memory */
        put(header + 48, 0x1000, 8);
    }
    memcpy(file + 0x180, "\4\0\0\0\0\0\0\0\1\0\0\0WL\0", 16);
}

/* Raw bytes; then the same bytes as changes to a good file: place, width, value. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_program program;
    uint8_t file[FILE_BYTES];
    if (elf_parse(data, size, &program) == ELF_OK) check(&program, size);

    make_good(file);
    PROMISE(elf_parse(file, FILE_BYTES, &program) == ELF_OK && program.fpu);
    for (size_t at = 0; at + 10 <= size; at += 10) {
        static const size_t widths[4] = {1, 2, 4, 8};
        size_t width = widths[data[at] % 4], place = (size_t)data[at + 1] % 232;
        memcpy(file + place, data + at + 2, width);
    }
    if (elf_parse(file, FILE_BYTES, &program) == ELF_OK) check(&program, FILE_BYTES);
    return 0;
}
