/* information_test.c - what the kernel would read of what was written, and what is not written. */
#include <string.h>

#include "loader_test.h"

static struct information info;
static struct memory_entry entries[MEMORY_ENTRIES_MAX + 1] = {{0, 0x9f000, MEMORY_USABLE, 0},
                                                              {0xf0000, 0x10000, 2, 0}};
static uint8_t rsdp[36];

static void rsdp_make(uint8_t revision)
{
    memset(rsdp, 0, sizeof(rsdp));
    memcpy(rsdp, "RSD PTR ", 8);
    rsdp[15] = revision;
    for (uint32_t i = 0; i < 20; i++) {
        if (i != 8) rsdp[8] = (uint8_t)(rsdp[8] - rsdp[i]);
    }
    rsdp[20] = 36;
    rsdp[32] = (uint8_t)-36;
}

static struct told told_make(uint32_t entry_count)
{
    return (struct told){.cmdline = "a b",
                         .rsdp = rsdp,
                         .image = {0x7000000, 0x3000},
                         .memory = {entries, entry_count}};
}

/* The tag of a type; its size is checked on the way to the end. */
static const uint8_t *find(uint32_t type, uint32_t *out_bytes)
{
    const uint8_t *found = NULL;
    for (uint32_t at = 8;;) {
        uint32_t head[2];
        assert_int_equal(at % 8, 0);
        assert_true(at + 8 <= info.bytes);
        memcpy(head, (uint8_t *)&info + at, sizeof(head));
        assert_true(head[1] >= 8 && at + head[1] <= info.bytes);
        if (head[0] == type) {
            assert_null(found);
            found = (uint8_t *)&info + at + 8;
            *out_bytes = head[1] - 8;
        }
        if (head[0] == 0) {
            assert_int_equal(at + 8, info.bytes);
            return found;
        }
        at += (head[1] + 7) & ~7u;
    }
}

static void expect(uint32_t type, const void *contents, uint32_t bytes)
{
    uint32_t got = 0;
    const uint8_t *tag = find(type, &got);
    assert_non_null(tag);
    assert_int_equal(got, bytes);
    assert_memory_equal(tag, contents, bytes);
}

static void memory_expect(uint32_t count)
{
    uint8_t contents[8 + sizeof(entries)] = {sizeof(entries[0])};
    memcpy(contents + 8, entries, count * sizeof(entries[0]));
    expect(6, contents, (uint32_t)(8 + count * sizeof(entries[0])));
}

void information_writes(void **state)
{
    (void)state;
    uint32_t bytes;
    rsdp_make(0);
    struct told told = told_make(2);
    assert_null(information_write(&told, &info));
    expect(1, "a b", 4);
    expect(3, "\0\0\0\7\0\60\0\7boot.img", 17);
    expect(14, rsdp, 20);
    assert_null(find(15, &bytes));
    memory_expect(2);

    rsdp_make(2);
    told.image.size = 0;
    assert_null(information_write(&told, &info));
    expect(15, rsdp, 36);
    assert_null(find(14, &bytes));
    assert_null(find(3, &bytes));

    told.rsdp = NULL;
    told.cmdline = "";
    assert_null(information_write(&told, &info));
    expect(1, "", 1);
    assert_null(find(14, &bytes));
    assert_null(find(15, &bytes));
}

/* Each limit is reached, all at once, and passed, one by one. */
void information_refuses(void **state)
{
    (void)state;
    static char text[CMDLINE_MAX + 2];
    memset(text, 'x', CMDLINE_MAX);
    rsdp_make(2);
    struct told most = told_make(MEMORY_ENTRIES_MAX), told;
    most.cmdline = text;
    assert_null(information_write(&most, &info));
    assert_true(info.bytes <= sizeof(info));
    expect(1, text, CMDLINE_MAX + 1);
    memory_expect(MEMORY_ENTRIES_MAX);

    told = most;
    told.memory.count++;
    assert_non_null(strstr(information_write(&told, &info), "memory map is too long"));
    text[CMDLINE_MAX] = 'x';
    assert_non_null(strstr(information_write(&most, &info), "command line is too long"));
    text[CMDLINE_MAX] = '\0';
    rsdp[35]++; /* in the part that only revision 2 has */
    assert_non_null(strstr(information_write(&most, &info), "ACPI is damaged"));
    rsdp[19]++; /* the whole is right, the part of revision 1 is not */
    rsdp[35] -= 2;
    assert_non_null(strstr(information_write(&most, &info), "ACPI is damaged"));
    rsdp_make(0);
    rsdp[35]++;
    assert_null(information_write(&most, &info));
    rsdp[19]++;
    assert_non_null(strstr(information_write(&most, &info), "ACPI is damaged"));
}
