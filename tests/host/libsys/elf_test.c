/* elf_test.c - a good program, and each way in which a file can be bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/object.h"
#include "elf.h"

/* Offsets in the file header and in a program header (System V ABI). */
enum {
    E_TYPE = 16,
    E_MACHINE = 18,
    E_VERSION = 20,
    E_ENTRY = 24,
    E_PHOFF = 32,
    E_PHENTSIZE = 54,
    E_PHNUM = 56
};
enum {
    P_TYPE = 0,
    P_FLAGS = 4,
    P_OFFSET = 8,
    P_VADDR = 16,
    P_FILESZ = 32,
    P_MEMSZ = 40,
    P_ALIGN = 48
};
enum { HEADERS = 64, HEADER_BYTES = 56, FILE_BYTES = 0x3010 };
enum { TEXT, DATA, STACK, HEADER_COUNT };
enum { PF_X = 1, PF_W = 2, PF_R = 4 };

static uint8_t good[FILE_BYTES];

static void put(uint8_t *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

static void set(uint8_t *file, int header, size_t field, uint64_t value)
{
    put(file + HEADERS + (size_t)header * HEADER_BYTES + field, value, field < P_OFFSET ? 4 : 8);
}

static void load_header(uint8_t *file, int header, uint32_t flags, uint64_t offset, uint64_t vaddr)
{
    set(file, header, P_TYPE, 1);
    set(file, header, P_FLAGS, flags);
    set(file, header, P_OFFSET, offset);
    set(file, header, P_VADDR, vaddr);
    set(file, header, P_FILESZ, 0x10);
    set(file, header, P_MEMSZ, 0x1800);
    set(file, header, P_ALIGN, 0x1000);
}

static int make_good(void **state)
{
    (void)state;
    memset(good, 0, sizeof(good));
    memcpy(good, "\177ELF\2\1\1", 7);
    put(good + E_TYPE, 2, 2);
    put(good + E_MACHINE, 62, 2);
    put(good + E_VERSION, 1, 4);
    put(good + E_ENTRY, 0x400100, 8);
    put(good + E_PHOFF, HEADERS, 8);
    put(good + E_PHENTSIZE, HEADER_BYTES, 2);
    put(good + E_PHNUM, HEADER_COUNT, 2);
    load_header(good, TEXT, PF_R | PF_X, 0x1000, 0x400000);
    load_header(good, DATA, PF_R | PF_W, 0x2010, 0x402010);
    set(good, STACK, P_TYPE, 0x6474e551);
    set(good, STACK, P_FLAGS, PF_R | PF_W);
    return 0;
}

/* From a block of just that size, so that ASan sees a read beyond the end. */
static enum elf_error parse(size_t size, struct elf_program *program)
{
    uint8_t *copy = malloc(size);
    if (size > 0) memcpy(copy, good, size);
    enum elf_error error = elf_parse(copy, size, program);
    free(copy);
    return error;
}

static void expect(enum elf_error want)
{
    struct elf_program program = {.count = 77};
    assert_int_equal(parse(FILE_BYTES, &program), want);
    if (want != ELF_OK) assert_int_equal(program.count, 77); /* a refused file changes nothing */
}

static void good_program(void **state)
{
    (void)state;
    struct elf_program program;
    assert_int_equal(parse(FILE_BYTES, &program), ELF_OK);
    assert_int_equal(program.entry, 0x400100);
    assert_int_equal(program.count, 2);
    assert_false(program.fpu);
    const struct elf_segment *text = &program.segments[0], *data = &program.segments[1];
    assert_int_equal(text->address, 0x400000);
    assert_int_equal(text->pages, 2);
    assert_int_equal(text->rights, RIGHT_READ | MAP_EXEC);
    assert_int_equal(text->offset, 0x1000);
    assert_int_equal(text->bytes, 0x10);
    assert_int_equal(text->skip, 0);
    assert_int_equal(data->address, 0x402000);
    assert_int_equal(data->pages, 2); /* 0x402010 and 0x1800 bytes end in the second */
    assert_int_equal(data->rights, RIGHT_READ | RIGHT_WRITE);
    assert_int_equal(data->skip, 0x10);
}

static void every_prefix_is_refused_or_whole(void **state)
{
    (void)state;
    for (size_t size = 0; size < FILE_BYTES; size++) {
        struct elf_program program;
        enum elf_error error = parse(size, &program);
        if (size < 64) assert_int_equal(error, ELF_SHORT);
        if (size >= 64 && size < 64 + HEADER_COUNT * HEADER_BYTES)
            assert_int_equal(error, ELF_HEADERS);
        if (size >= 64 + HEADER_COUNT * HEADER_BYTES && size < 0x2020)
            assert_int_equal(error, ELF_FILE);
        if (size >= 0x2020) assert_int_equal(error, ELF_OK);
    }
}

static void bad_identity(void **state)
{
    (void)state;
    for (size_t at = 0; at < 7; at++) { /* magic, class, byte order, version */
        good[at] ^= 3;
        expect(ELF_FORMAT);
        good[at] ^= 3;
    }
    put(good + E_VERSION, 2, 4);
    expect(ELF_FORMAT);
    make_good(state);
    put(good + E_TYPE, 3, 2); /* position independent */
    expect(ELF_MACHINE);
    make_good(state);
    put(good + E_MACHINE, 183, 2); /* AArch64 */
    expect(ELF_MACHINE);
}

static void bad_header_table(void **state)
{
    (void)state;
    put(good + E_PHENTSIZE, 32, 2);
    expect(ELF_HEADERS);
    make_good(state);
    put(good + E_PHNUM, ELF_HEADERS_MAX + 1, 2);
    expect(ELF_HEADERS);
    make_good(state);
    put(good + E_PHOFF, FILE_BYTES - 8, 8);
    expect(ELF_HEADERS);
    put(good + E_PHOFF, UINT64_MAX - 8, 8); /* the sum would be small */
    expect(ELF_HEADERS);
}

static void wants_a_linker(void **state)
{
    (void)state;
    set(good, STACK, P_TYPE, 2);
    expect(ELF_LINKING);
    set(good, STACK, P_TYPE, 3);
    expect(ELF_LINKING);
}

static void bad_rights(void **state)
{
    (void)state;
    set(good, DATA, P_FLAGS, PF_R | PF_W | PF_X);
    expect(ELF_RIGHTS);
    set(good, DATA, P_FLAGS, PF_W);
    expect(ELF_RIGHTS);
    set(good, DATA, P_FLAGS, 0);
    expect(ELF_RIGHTS);
    make_good(state);
    set(good, STACK, P_FLAGS, PF_R | PF_W | PF_X);
    expect(ELF_RIGHTS);
}

static void outside_the_file(void **state)
{
    (void)state;
    set(good, DATA, P_FILESZ, 0x1801); /* more than in memory */
    expect(ELF_FILE);
    make_good(state);
    set(good, DATA, P_OFFSET, 0x3010);
    expect(ELF_FILE);
    set(good, DATA, P_OFFSET, UINT64_MAX - 0xf);
    expect(ELF_FILE);
    make_good(state);
    set(good, DATA, P_FILESZ, UINT64_MAX);
    set(good, DATA, P_MEMSZ, UINT64_MAX);
    expect(ELF_FILE);
}

static void bad_address(void **state)
{
    (void)state;
    set(good, TEXT, P_VADDR, 0xf000);
    expect(ELF_ADDRESS);
    make_good(state);
    set(good, DATA, P_VADDR, ELF_HIGHEST + 0x10);
    expect(ELF_ADDRESS);
    set(good, DATA, P_VADDR, ELF_HIGHEST - 0xff0);
    expect(ELF_ADDRESS);
    set(good, DATA, P_VADDR, 0xffff800000000010);
    expect(ELF_ADDRESS);
    make_good(state);
    set(good, DATA, P_MEMSZ, UINT64_MAX - 0x402000);
    expect(ELF_ADDRESS);
}

static void bad_alignment(void **state)
{
    (void)state;
    set(good, DATA, P_ALIGN, 0x1001);
    expect(ELF_ALIGN);
    set(good, DATA, P_ALIGN, 0x800000);
    expect(ELF_ALIGN); /* 0x2010 and 0x402010 agree in pages, but not in 8 MiB */
}

static void place_differs(void **state)
{
    (void)state;
    set(good, DATA, P_VADDR, 0x402020);
    expect(ELF_ALIGN);
}

static void overlap_and_order(void **state)
{
    (void)state;
    set(good, DATA, P_VADDR, 0x401010); /* text ends at 0x4017ff: the same page */
    expect(ELF_OVERLAP);
    make_good(state);
    set(good, TEXT, P_VADDR, 0x405000);
    put(good + E_ENTRY, 0x405000, 8);
    expect(ELF_OVERLAP);
}

static void too_many_or_none(void **state)
{
    (void)state;
    set(good, TEXT, P_MEMSZ, 0);
    set(good, TEXT, P_FILESZ, 0);
    set(good, DATA, P_MEMSZ, 0);
    expect(ELF_COUNT);
    put(good + E_PHNUM, ELF_SEGMENTS_MAX + 1, 2);
    for (int i = 0; i <= ELF_SEGMENTS_MAX; i++) {
        load_header(good, i, PF_R | PF_X, 0x2000, 0x400000 + (uint64_t)i * 0x2000);
    }
    expect(ELF_COUNT);
    put(good + E_PHNUM, ELF_SEGMENTS_MAX, 2);
    expect(ELF_OK);
}

static void bad_entry(void **state)
{
    (void)state;
    put(good + E_ENTRY, 0x402100, 8); /* data */
    expect(ELF_ENTRY);
    put(good + E_ENTRY, 0x404000, 8); /* behind all */
    expect(ELF_ENTRY);
    put(good + E_ENTRY, 0, 8);
    expect(ELF_ENTRY);
}

static void fpu_note(void **state)
{
    (void)state;
    struct elf_program program;
    static const uint8_t notes[] = "\4\0\0\0\5\0\0\0\3\0\0\0GNU\0abcde\0\0\0" /* another's first */
                                   "\4\0\0\0\0\0\0\0\1\0\0\0WL\0";
    memcpy(good + 0x2800, notes, sizeof(notes));
    set(good, STACK, P_TYPE, 4);
    set(good, STACK, P_OFFSET, 0x2800);
    set(good, STACK, P_FILESZ, sizeof(notes));
    assert_int_equal(parse(FILE_BYTES, &program), ELF_OK);
    assert_true(program.fpu);
    set(good, STACK, P_FILESZ, sizeof(notes) - 1); /* the name is cut */
    assert_int_equal(parse(FILE_BYTES, &program), ELF_OK);
    assert_false(program.fpu);
    put(good + 0x2800, UINT32_MAX, 4); /* a name as long as that */
    set(good, STACK, P_FILESZ, sizeof(notes));
    assert_int_equal(parse(FILE_BYTES, &program), ELF_OK);
    assert_false(program.fpu);
    set(good, STACK, P_OFFSET, UINT64_MAX);
    assert_int_equal(parse(FILE_BYTES, &program), ELF_OK);
    assert_false(program.fpu);
}

static void every_error_has_a_text(void **state)
{
    (void)state;
    for (int i = 0; i < ELF_ERROR_COUNT; i++) {
        assert_non_null(elf_error_text((enum elf_error)i));
        assert_string_not_equal(elf_error_text((enum elf_error)i), "unknown");
    }
    assert_string_equal(elf_error_text((enum elf_error)ELF_ERROR_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(good_program, make_good),
        cmocka_unit_test_setup(every_prefix_is_refused_or_whole, make_good),
        cmocka_unit_test_setup(bad_identity, make_good),
        cmocka_unit_test_setup(bad_header_table, make_good),
        cmocka_unit_test_setup(wants_a_linker, make_good),
        cmocka_unit_test_setup(bad_rights, make_good),
        cmocka_unit_test_setup(outside_the_file, make_good),
        cmocka_unit_test_setup(bad_address, make_good),
        cmocka_unit_test_setup(bad_alignment, make_good),
        cmocka_unit_test_setup(place_differs, make_good),
        cmocka_unit_test_setup(overlap_and_order, make_good),
        cmocka_unit_test_setup(too_many_or_none, make_good),
        cmocka_unit_test_setup(bad_entry, make_good),
        cmocka_unit_test_setup(fpu_note, make_good),
        cmocka_unit_test(every_error_has_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
