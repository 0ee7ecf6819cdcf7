/* spawn_test.c - the startup page, and what a spawn that fails leaves behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "panic.h"
#include "slots.h"
#include "spawn.h"

static jmp_buf panicked;
_Noreturn void panic(const char *what, const char *file, int line)
{
    print_error("%s %s:%d\n", what, file, line);
    longjmp(panicked, 1);
}

/* The heap of the program is not mapped on the host. */
static struct startup page;
void *heap_alloc(size_t bytes)
{
    assert_true(bytes <= sizeof(page));
    return &page;
}
void heap_free(void *memory)
{
    assert_ptr_equal(memory, &page);
}

int request_answer(uint64_t token, struct message *m) /* of servers; none is here */
{
    (void)token;
    (void)m;
    return ERR_BUSY;
}

static const struct startup own = {.tick_hz = 1000};

static int setup(void **state)
{
    (void)state;
    thread_self()->startup = &own;
    slot_setup(10, 64);
    return 0;
}

static void slots_are_counted_up_around_fixed_ones(void **state)
{
    (void)state;
    const struct spawn_cap caps[] = {{.name = "registry", .slot = 2},
                                     {.name = "a"},
                                     {.name = "fixed", .slot = 20},
                                     {.name = "b"}};
    const struct spawn_args args = {.caps = caps, .cap_count = 4, .quota.slots = 64};
    struct startup s;
    assert_true(spawn_startup_fill(&args, &s));
    assert_int_equal(s.magic, STARTUP_MAGIC);
    assert_int_equal(s.cap_count, 4);
    assert_int_equal(s.caps[0].slot, 2);
    assert_int_equal(s.caps[1].slot, 3);
    assert_int_equal(s.caps[2].slot, 20);
    assert_int_equal(s.caps[3].slot, 21);
    assert_string_equal(s.caps[2].name, "fixed");
    assert_int_equal(s.first_free_slot, 22);
    assert_int_equal(s.slot_count, 64);
    assert_int_equal(s.tick_hz, 1000); /* the spawner's own */
}

static void strings_stand_one_after_the_other(void **state)
{
    (void)state;
    const char *argv[] = {"echo", "", "two words"}, *env[] = {"A=1"};
    const struct spawn_args args = {
        .argc = 3, .argv = argv, .env_count = 1, .env = env, .quota.slots = 64, .tick_hz = 5};
    struct startup s;
    assert_true(spawn_startup_fill(&args, &s));
    assert_memory_equal(s.strings, "echo\0\0two words\0A=1\0", 21);
    assert_int_equal(s.argc, 3);
    assert_int_equal(s.env_count, 1);
    assert_int_equal(s.tick_hz, 5);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    static struct spawn_cap caps[STARTUP_CAPS_MAX + 1];
    struct startup s;
    for (int i = 0; i <= STARTUP_CAPS_MAX; i++) {
        caps[i].name = "n";
    }
    struct spawn_args args = {.caps = caps, .cap_count = STARTUP_CAPS_MAX, .quota.slots = 64};
    assert_true(spawn_startup_fill(&args, &s));
    args.cap_count++;
    assert_false(spawn_startup_fill(&args, &s));

    args.cap_count = 1;
    caps[0].name = "a name of 24 characters.";
    assert_false(spawn_startup_fill(&args, &s));
    caps[0].name = "a name of 23 characters";
    assert_true(spawn_startup_fill(&args, &s));
    caps[0].slot = 64; /* outside the child's CNode */
    assert_false(spawn_startup_fill(&args, &s));

    static char text[STARTUP_STRINGS_MAX + 1];
    const char *argv[] = {text};
    memset(text, 'x', STARTUP_STRINGS_MAX);
    args = (struct spawn_args){.argc = 1, .argv = argv, .quota.slots = 64};
    assert_false(spawn_startup_fill(&args, &s));
    text[STARTUP_STRINGS_MAX - 1] = '\0';
    assert_true(spawn_startup_fill(&args, &s));
}

/* axiom: grants each request up to `granted` of them, then refuses. */
static uint32_t granted, asked, kills;
static enum err axiom(uint64_t number, struct message *m)
{
    if (number == SYS_DROP) return OK;
    assert_int_equal(number, SYS_CALL);
    uint32_t label = msg_label(m->info);
    if (m->cap != CAP_SLOT_SELF && label == PROCESS_KILL) kills++;
    if (asked++ >= granted) {
        m->info = msg_info(64, 0, 0, 0);
        return OK;
    }
    bool create = m->cap == CAP_SLOT_SELF && label == SELF_PROCESS_CREATE;
    if (create) {
        ipc_buffer()->caps[0] =
            (struct msg_cap){(uint32_t)(m->aux >> 32), RIGHTS_ALL | CAP_ENDPOINT << 8, 0};
    }
    m->info = msg_info(OK, 0, create ? 1 : 0, 0);
    return OK;
}

static size_t make_program(uint8_t *file)
{
    static const uint8_t ident[7] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    const uint64_t entry = 0x400000, headers = 64, zero = 0, page_bytes = 0x1000;
    memset(file, 0, 120);
    memcpy(file, ident, sizeof(ident));
    memcpy(file + 16, "\2\0\76\0\1\0\0\0", 8);
    memcpy(file + 24, &entry, 8);
    memcpy(file + 32, &headers, 8);
    memcpy(file + 54, "\70\0\1\0", 4);
    memcpy(file + 64, "\1\0\0\0\5\0\0\0", 8);
    memcpy(file + 72, &zero, 8);
    memcpy(file + 80, &entry, 8);
    memcpy(file + 104, &page_bytes, 8);
    return 120;
}

/* Whichever request is refused: no slot stays taken, and a process that was made is killed. */
static void a_refused_spawn_leaves_nothing(void **state)
{
    (void)state;
    uint8_t file[120];
    struct spawn_result result;
    struct spawn_args args = {
        .name = "p", .elf = file, .elf_size = make_program(file), .quota.slots = 64};
    fake_trap = axiom;
    for (granted = 0; granted < 3; granted++) {
        asked = kills = 0;
        assert_int_not_equal(spawn_program(&args, &result), OK);
        assert_int_equal(result.process, 0);
        assert_int_equal(kills, granted == 0 ? 0 : 1);
        assert_int_equal(slot_alloc(), 10);
        slot_release(10);
    }
}

static void a_bad_file_is_refused_before_anything_is_made(void **state)
{
    (void)state;
    struct spawn_result result;
    const struct spawn_args args = {.name = "p", .elf = (const uint8_t *)"", .quota.slots = 64};
    asked = 0;
    fake_trap = axiom;
    assert_int_equal(spawn_program(&args, &result), SPAWN_BAD_FILE);
    assert_int_equal(result.elf_error, ELF_SHORT);
    assert_int_equal(asked, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(slots_are_counted_up_around_fixed_ones, setup),
        cmocka_unit_test_setup(strings_stand_one_after_the_other, setup),
        cmocka_unit_test_setup(what_does_not_fit_is_refused, setup),
        cmocka_unit_test_setup(a_refused_spawn_leaves_nothing, setup),
        cmocka_unit_test_setup(a_bad_file_is_refused_before_anything_is_made, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
