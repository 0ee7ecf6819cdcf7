/*
 * tls.c - thread blocks, with the _Thread_local variables below them (psABI: variant II).
 *
 * The program's own ELF header says how large they are and where their first values stand; the
 * linker puts it into the first loaded page.
 */
#include "bytes.h"
#include "thread.h"

enum { PT_TLS = 7, BLOCK_ALIGN = 64 };

struct elf_header {
    uint8_t before[32];
    uint64_t headers_offset;
    uint8_t between[14];
    uint16_t header_bytes;
    uint16_t header_count;
};

struct elf_program_header {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_bytes, memory_bytes, align;
};

extern const struct elf_header __ehdr_start __attribute__((visibility("hidden"), weak));

static const struct elf_program_header *tls_header(void)
{
    if (&__ehdr_start == NULL) return NULL;
    const struct elf_program_header *header =
        (const void *)((uintptr_t)&__ehdr_start + __ehdr_start.headers_offset);
    for (uint32_t i = 0; i < __ehdr_start.header_count; i++) {
        if (header[i].type == PT_TLS) return &header[i];
    }
    return NULL;
}

struct thread_block *thread_block_make(void *area, size_t bytes, struct ipc_buffer *buffer)
{
    const struct elf_program_header *tls = tls_header();
    uint64_t align = tls != NULL && tls->align > BLOCK_ALIGN ? tls->align : BLOCK_ALIGN;
    uint64_t below = tls == NULL ? 0 : (tls->memory_bytes + align - 1) / align * align;
    if (bytes < below + sizeof(struct thread_block) + align) return NULL;

    uintptr_t end = (uintptr_t)area + bytes - sizeof(struct thread_block);
    struct thread_block *block = (struct thread_block *)(end / align * align);
    uint8_t *variables = (uint8_t *)block - below;
    memset(block, 0, sizeof(*block));
    if (tls != NULL) {
        memset(variables, 0, below);
        memcpy(variables, (const void *)tls->address, tls->file_bytes);
    }
    block->self = block;
    /* A low byte of zero stops string functions that run over the end of an array. */
    block->canary = (ticks_now() * 0x9e3779b97f4a7c15ull) << 8;
    block->buffer = buffer;
    block->lowest = variables;
    return block;
}
