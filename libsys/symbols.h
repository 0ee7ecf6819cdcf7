/*
 * symbols.h - the function an address lies in, from the symbol table of an ELF64 file in memory.
 * The file is not trusted: every offset is checked against its size before it is followed.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbol {
    const char *name; /* points into the file, NUL-terminated */
    uint64_t offset;  /* of the address from the start of the function */
};

bool symbol_find(const uint8_t *elf, size_t size, uint64_t address, struct symbol *out_symbol);
