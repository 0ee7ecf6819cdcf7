#include "symbols.h"
#include "bytes.h"

/* Fields that we read, by their offset: System V ABI, "Object Files". */
enum {
    EH_SHOFF = 40,
    EH_SHENTSIZE = 58,
    EH_SHNUM = 60,
    SH_BYTES = 64,
    SH_TYPE = 4,
    SH_OFFSET = 24,
    SH_SIZE = 32,
    SH_LINK = 40,
    SHT_SYMTAB = 2,
    SYM_BYTES = 24,
    SYM_INFO = 4,
    SYM_VALUE = 8,
    SYM_SIZE = 16,
    STT_FUNC = 2,
};

struct span {
    const uint8_t *at;
    size_t size;
};

static uint64_t read_le(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;

    memcpy(&value, at, bytes);
    return value;
}

static bool section_span(struct span file, const uint8_t *section, struct span *out_span)
{
    uint64_t offset = read_le(section + SH_OFFSET, 8), size = read_le(section + SH_SIZE, 8);

    if (offset > file.size || size > file.size - offset) return false;
    *out_span = (struct span){file.at + offset, size};
    return true;
}

/* Finds the symbol table and its strings. */
static bool tables_find(struct span file, struct span *out_symbols, struct span *out_strings)
{
    if (file.size < 64 || memcmp(file.at, "\177ELF\2\1", 6) != 0) return false;
    uint64_t table = read_le(file.at + EH_SHOFF, 8);
    uint64_t count = read_le(file.at + EH_SHNUM, 2);

    if (read_le(file.at + EH_SHENTSIZE, 2) != SH_BYTES) return false;
    if (table > file.size || count * SH_BYTES > file.size - table) return false;
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *section = file.at + table + i * SH_BYTES;
        uint64_t link = read_le(section + SH_LINK, 4);
        if (read_le(section + SH_TYPE, 4) != SHT_SYMTAB || link >= count) continue;
        return section_span(file, section, out_symbols) &&
               section_span(file, file.at + table + link * SH_BYTES, out_strings);
    }
    return false;
}

bool symbol_find(const uint8_t *elf, size_t size, uint64_t address, struct symbol *out_symbol)
{
    struct span symbols, strings;

    if (!tables_find((struct span){elf, size}, &symbols, &strings)) return false;
    for (size_t at = 0; symbols.size - at >= SYM_BYTES; at += SYM_BYTES) {
        const uint8_t *symbol = symbols.at + at;
        uint64_t value = read_le(symbol + SYM_VALUE, 8), bytes = read_le(symbol + SYM_SIZE, 8);
        uint64_t name = read_le(symbol, 4);
        if ((symbol[SYM_INFO] & 15) != STT_FUNC || address - value >= bytes + (bytes == 0))
            continue;
        if (name >= strings.size) continue;
        if (strnlen((const char *)strings.at + name, strings.size - name) >= strings.size - name)
            continue;
        *out_symbol = (struct symbol){(const char *)strings.at + name, address - value};
        return true;
    }
    return false;
}
