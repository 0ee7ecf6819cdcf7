/* elf.c - see elf.h. Field offsets: System V ABI, chapter 4 and 5, ELF-64. */
#include "elf.h"

#include "abi/object.h"
#include "bytes.h"

enum { PAGE = 4096, EHDR_BYTES = 64, PHDR_BYTES = 56, NOTE_BYTES = 12 };
enum { ET_EXEC = 2, EM_X86_64 = 62 };
enum { PT_LOAD = 1, PT_DYNAMIC = 2, PT_INTERP = 3, PT_NOTE = 4, PT_GNU_STACK = 0x6474e551 };
enum { PF_X = 1, PF_W = 2, PF_R = 4 };

struct file {
    const uint8_t *at;
    size_t size;
};

struct header { /* a program header, read once */
    uint32_t type, flags;
    uint64_t offset, vaddr, filesz, memsz, align;
};

/* The caller has checked that the bytes are there. */
static uint64_t field(const uint8_t *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = bytes; i > 0; i--) {
        value = value << 8 | at[i - 1];
    }
    return value;
}

static bool in_file(const struct file *file, uint64_t offset, uint64_t bytes)
{
    return offset <= file->size && bytes <= file->size - offset;
}

static struct header read_header(const uint8_t *at)
{
    return (struct header){.type = (uint32_t)field(at, 4),
                           .flags = (uint32_t)field(at + 4, 4),
                           .offset = field(at + 8, 8),
                           .vaddr = field(at + 16, 8),
                           .filesz = field(at + 32, 8),
                           .memsz = field(at + 40, 8),
                           .align = field(at + 48, 8)};
}

static enum elf_error check_file_header(const struct file *file)
{
    static const uint8_t ident[7] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    if (file->size < EHDR_BYTES) return ELF_SHORT;
    if (memcmp(file->at, ident, sizeof(ident)) != 0) return ELF_FORMAT;
    if (field(file->at + 20, 4) != 1) return ELF_FORMAT;
    if (field(file->at + 16, 2) != ET_EXEC || field(file->at + 18, 2) != EM_X86_64)
        return ELF_MACHINE;
    return ELF_OK;
}

static enum elf_error check_rights(const struct header *h)
{
    if ((h->flags & PF_R) == 0) return ELF_RIGHTS;
    return (h->flags & PF_W) != 0 && (h->flags & PF_X) != 0 ? ELF_RIGHTS : ELF_OK;
}

static enum elf_error check_place(const struct file *file, const struct header *h)
{
    if (h->filesz > h->memsz || !in_file(file, h->offset, h->filesz)) return ELF_FILE;
    if (h->vaddr < ELF_LOWEST || h->vaddr >= ELF_HIGHEST) return ELF_ADDRESS;
    if (h->memsz > ELF_HIGHEST - h->vaddr) return ELF_ADDRESS;
    if (h->align != 0 && (h->align & (h->align - 1)) != 0) return ELF_ALIGN;
    if (h->vaddr % PAGE != h->offset % PAGE) return ELF_ALIGN;
    if (h->align > PAGE && h->vaddr % h->align != h->offset % h->align) return ELF_ALIGN;
    return ELF_OK;
}

static uint64_t segment_end(const struct elf_segment *segment)
{
    return segment->address + (uint64_t)segment->pages * PAGE;
}

static enum elf_error add_segment(const struct file *file, const struct header *h,
                                  struct elf_program *program)
{
    if (h->memsz == 0) return ELF_OK;
    enum elf_error error = check_rights(h);
    if (error == ELF_OK) error = check_place(file, h);
    if (error != ELF_OK) return error;
    if (program->count == ELF_SEGMENTS_MAX) return ELF_COUNT;

    uint64_t first = h->vaddr / PAGE * PAGE;
    uint64_t end = (h->vaddr + h->memsz + PAGE - 1) / PAGE * PAGE;
    if (program->count > 0 && first < segment_end(&program->segments[program->count - 1]))
        return ELF_OVERLAP;
    program->segments[program->count++] = (struct elf_segment){
        .address = first,
        .pages = (uint32_t)((end - first) / PAGE),
        .rights =
            RIGHT_READ | (h->flags & PF_W ? RIGHT_WRITE : 0) | (h->flags & PF_X ? MAP_EXEC : 0),
        .offset = h->offset,
        .bytes = h->filesz,
        .skip = h->vaddr - first,
    };
    return ELF_OK;
}

/* Notes that do not parse are not ours: they say nothing. Contents are padded to 4 bytes. */
static bool has_fpu_note(const struct file *file, const struct header *h)
{
    if (!in_file(file, h->offset, h->filesz)) return false;
    const uint8_t *at = file->at + h->offset;
    for (uint64_t left = h->filesz; left >= NOTE_BYTES;) {
        uint64_t name = (field(at, 4) + 3) / 4 * 4, contents = (field(at + 4, 4) + 3) / 4 * 4;
        uint64_t bytes = NOTE_BYTES + name + contents;
        if (bytes > left) return false;
        if (field(at, 4) == sizeof(ELF_NOTE_NAME) && field(at + 8, 4) == ELF_NOTE_FPU &&
            memcmp(at + NOTE_BYTES, ELF_NOTE_NAME, sizeof(ELF_NOTE_NAME)) == 0)
            return true;
        at += bytes;
        left -= bytes;
    }
    return false;
}

static enum elf_error add_header(const struct file *file, const struct header *h,
                                 struct elf_program *program)
{
    switch (h->type) {
    case PT_LOAD:
        return add_segment(file, h, program);
    case PT_DYNAMIC:
    case PT_INTERP:
        return ELF_LINKING;
    case PT_GNU_STACK:
        return h->flags & PF_X ? ELF_RIGHTS : ELF_OK;
    case PT_NOTE:
        if (has_fpu_note(file, h)) program->fpu = true;
        return ELF_OK;
    default:
        return ELF_OK;
    }
}

static bool is_executable_address(const struct elf_program *program, uint64_t address)
{
    for (uint32_t i = 0; i < program->count; i++) {
        const struct elf_segment *segment = &program->segments[i];
        if (address >= segment->address && address < segment_end(segment))
            return (segment->rights & MAP_EXEC) != 0;
    }
    return false;
}

enum elf_error elf_parse(const uint8_t *file_at, size_t size, struct elf_program *out_program)
{
    struct file file = {file_at, size};
    struct elf_program program = {0};
    enum elf_error error = check_file_header(&file);
    if (error != ELF_OK) return error;

    uint64_t offset = field(file.at + 32, 8), count = field(file.at + 56, 2);
    if (field(file.at + 54, 2) != PHDR_BYTES || count > ELF_HEADERS_MAX) return ELF_HEADERS;
    if (!in_file(&file, offset, count * PHDR_BYTES)) return ELF_HEADERS;
    for (uint64_t i = 0; i < count; i++) {
        struct header header = read_header(file.at + offset + i * PHDR_BYTES);
        error = add_header(&file, &header, &program);
        if (error != ELF_OK) return error;
    }
    if (program.count == 0) return ELF_COUNT;
    program.entry = field(file.at + 24, 8);
    if (!is_executable_address(&program, program.entry)) return ELF_ENTRY;
    *out_program = program;
    return ELF_OK;
}

const char *elf_error_text(enum elf_error error)
{
    static const char *const texts[ELF_ERROR_COUNT] = {
        [ELF_OK] = "fine",
        [ELF_SHORT] = "the file is too short",
        [ELF_FORMAT] = "not an ELF64 file",
        [ELF_MACHINE] = "not a static x86-64 program",
        [ELF_HEADERS] = "bad program headers",
        [ELF_LINKING] = "needs a dynamic linker",
        [ELF_RIGHTS] = "a segment has forbidden rights",
        [ELF_FILE] = "a segment lies outside the file",
        [ELF_ADDRESS] = "a segment lies outside the permitted addresses",
        [ELF_ALIGN] = "bad alignment of a segment",
        [ELF_OVERLAP] = "segments overlap or do not ascend",
        [ELF_COUNT] = "no segments, or too many",
        [ELF_ENTRY] = "the entry is not executable",
    };
    return (uint32_t)error < ELF_ERROR_COUNT ? texts[error] : "unknown";
}
