/*
 * elf.h - what a static ELF64 program wants mapped, from a file that nobody vouches for.
 *
 * Pure: reads only [file, file + size), each field once, and checks it before use. What it accepts:
 * little-endian x86-64 ET_EXEC; PT_LOAD segments that ascend, share no page, lie in
 * [ELF_LOWEST, ELF_HIGHEST) and in the file, are readable, and never writable and executable; an
 * entry inside an executable one. An interpreter, dynamic linking or an executable stack is
 * refused.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_LOWEST 0x10000ull
#define ELF_HIGHEST 0x40000000ull
enum { ELF_SEGMENTS_MAX = 16, ELF_HEADERS_MAX = 64 };

enum elf_error {
    ELF_OK = 0,
    ELF_SHORT,   /* ends before a header does */
    ELF_FORMAT,  /* not an ELF64 little-endian file of version 1 */
    ELF_MACHINE, /* not a static x86-64 program */
    ELF_HEADERS, /* size, place or number of the program headers */
    ELF_LINKING, /* wants an interpreter or a dynamic linker */
    ELF_RIGHTS,  /* writable and executable, not readable, or an executable stack */
    ELF_FILE,    /* a segment lies outside the file, or holds more there than in memory */
    ELF_ADDRESS, /* a segment lies outside the permitted addresses */
    ELF_ALIGN,   /* alignment is no power of two, or place in file and memory differ in it */
    ELF_OVERLAP, /* segments share a page or do not ascend */
    ELF_COUNT,   /* no segment, or too many */
    ELF_ENTRY,   /* the entry is in no executable segment */
};
enum { ELF_ERROR_COUNT = ELF_ENTRY + 1 };

struct elf_segment {
    uint64_t address; /* of the first page */
    uint32_t pages;
    uint32_t rights; /* RIGHT_READ, RIGHT_WRITE, MAP_EXEC */
    uint64_t offset; /* of the contents in the file */
    uint64_t bytes;  /* of contents; the rest of the pages is zero */
    uint64_t skip;   /* bytes from `address` to the contents, below 4096 */
};

struct elf_program {
    uint64_t entry;
    uint32_t count;
    bool fpu; /* a note of libsys says that it uses SSE */
    struct elf_segment segments[ELF_SEGMENTS_MAX];
};

/* The note: name ELF_NOTE_NAME, type ELF_NOTE_FPU, no contents. */
#define ELF_NOTE_NAME "WL\0"
enum { ELF_NOTE_FPU = 1 };

enum elf_error elf_parse(const uint8_t *file, size_t size, struct elf_program *out_program);
const char *elf_error_text(enum elf_error error);
