/* report_test.c - what is told of a fault; symbols from a file that is not trusted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report.h"
#include "symbols.h"

/* An ELF file with nothing but a section table, two symbols and their names. */
struct sym {
    uint32_t name;
    uint8_t info, other;
    uint16_t section;
    uint64_t value, size;
};
struct section {
    uint32_t name, type;
    uint64_t flags, address, offset, size;
    uint32_t link, info;
    uint64_t align, entry;
};
static struct {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
    struct section sections[3];
    struct sym symbols[3];
    char names[16];
} elf;

static int setup(void **state)
{
    (void)state;
    memset(&elf, 0, sizeof(elf));
    memcpy(elf.ident, "\177ELF\2\1", 6);
    elf.shoff = offsetof(__typeof__(elf), sections);
    elf.shentsize = 64;
    elf.shnum = 3;
    elf.sections[1] = (struct section){.type = 2,
                                       .offset = offsetof(__typeof__(elf), symbols),
                                       .size = sizeof(elf.symbols),
                                       .link = 2};
    elf.sections[2] = (struct section){
        .type = 3, .offset = offsetof(__typeof__(elf), names), .size = sizeof(elf.names)};
    memcpy(elf.names, "\0main\0inner\0", 12);
    elf.symbols[0] = (struct sym){.name = 6, .info = 1, .value = 0x401000, .size = 0x100};
    elf.symbols[1] = (struct sym){.name = 1, .info = 0x12, .value = 0x401000, .size = 0x20};
    elf.symbols[2] = (struct sym){.name = 6, .info = 2, .value = 0x401020, .size = 0x10};
    return 0;
}

static bool lookup(uint64_t address, struct symbol *out_symbol)
{
    return symbol_find((const uint8_t *)&elf, sizeof(elf), address, out_symbol);
}

static void symbols(void **state)
{
    struct symbol symbol;

    (void)state;
    assert_true(lookup(0x40101f, &symbol));
    assert_string_equal(symbol.name, "main");
    assert_int_equal(symbol.offset, 0x1f);
    assert_true(lookup(0x401020, &symbol)); /* of functions only: the first symbol is data */
    assert_string_equal(symbol.name, "inner");
    assert_false(lookup(0x401030, &symbol));
    assert_false(lookup(0, &symbol));
}

static void damaged_symbols(void **state)
{
    unsigned seed = 9;
    struct symbol symbol;

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < 200000; round++) {
        setup(NULL);
        for (int i = 0; i < 3; i++) {
            ((uint8_t *)&elf)[(size_t)rand() % sizeof(elf)] = (uint8_t)rand();
        }
        size_t size = (size_t)rand() % 8 == 0 ? (size_t)rand() % sizeof(elf) : sizeof(elf);
        uint8_t *copy = malloc(size);
        memcpy(copy, &elf, size);
        if (symbol_find(copy, size, 0x401008, &symbol)) assert_true(strlen(symbol.name) < 16);
        free(copy);
    }
}

/* Frames at 0x7000: each is the caller's frame and the return address. */
static uint64_t stack[8] = {0x7010, 0x401021, 0x7020, 0x401005, 0, 0};

static bool peek(void *state, uint64_t address, uint64_t out_words[2])
{
    (void)state;
    if (address < 0x7000 || address > 0x7030) return false;
    memcpy(out_words, (const uint8_t *)stack + (address - 0x7000), 16);
    return true;
}

static const char *print(struct report *r)
{
    static char text[REPORT_BYTES];
    struct out o = out_to(text, sizeof(text));

    report_print(r, &o);
    assert_false(o.cut);
    return text;
}

static void memory_fault(void **state)
{
    uint64_t words[8] = {14, 6, 0xdead0, 0x401008, 0x6ff0, 0x202, 0x7000, 12};
    struct report r = {.name = "crash",
                       .pid = 7,
                       .kind = FAULT_MEMORY,
                       .fault = words,
                       .elf = (const uint8_t *)&elf,
                       .elf_size = sizeof(elf),
                       .peek = peek};
    const char *text = print(&r);

    (void)state;
    assert_non_null(
        strstr(text, "fault: crash (pid 7, thread 12): write of 0xdead0, which is not mapped\n"));
    assert_non_null(strstr(text, "#0 0x401008 main+0x8\n"));
    assert_non_null(strstr(text, "#1 0x401021 inner+0x1\n"));
    assert_non_null(strstr(text, "#2 0x401005 main+0x5\n"));
    assert_null(strstr(text, "#3"));
    words[1] = 0x15;
    assert_non_null(strstr(print(&r), "execution of 0xdead0, which is forbidden"));
}

static void other_faults(void **state)
{
    uint64_t words[8] = {0x3b, 0, 0, 0x401008, 0x6ff0, 0x202, 1, 12}, regs[THREAD_REGS];
    struct report r = {.name = "x", .kind = FAULT_SYSCALL, .fault = words, .peek = peek};

    (void)state;
    for (uint32_t i = 0; i < THREAD_REGS; i++) {
        regs[i] = 0x1000 + i;
    }
    r.regs = regs;
    const char *text = print(&r);
    assert_non_null(strstr(text, "system call 0x3b is not one of ours"));
    assert_non_null(strstr(text, "rip 000000000000100f"));
    assert_non_null(strstr(text, "r15 000000000000100b"));
    assert_null(strstr(text, "#1")); /* a frame pointer that is none */
    r.kind = FAULT_EXCEPTION;
    words[0] = 6;
    assert_non_null(strstr(print(&r), "invalid instruction, vector 6, error 0x0"));
}

/* A stack that leads to itself ends all the same. */
static void looping_stack(void **state)
{
    uint64_t words[8] = {14, 4, 0, 0x401008, 0x6ff0, 0x202, 0x7000, 12};
    struct report r = {.name = "x", .kind = FAULT_MEMORY, .fault = words, .peek = peek};

    (void)state;
    stack[0] = 0x7000;
    assert_non_null(strstr(print(&r), "#1"));
    assert_null(strstr(print(&r), "#2"));
    stack[0] = 0x7010;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(symbols, setup), cmocka_unit_test_setup(damaged_symbols, setup),
        cmocka_unit_test_setup(memory_fault, setup), cmocka_unit_test_setup(other_faults, setup),
        cmocka_unit_test_setup(looping_stack, setup)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
