/* tracing.c - calls printed by name. */
#include <string.h>

#include "idl/axiom.h"
#include "trace.h"
#include "wire.h"

static char line[256];

static const char *print(uint64_t id, uint32_t ordinal, uint32_t count, const uint64_t *words,
                         uint32_t kept)
{
    struct out o = out_to(line, sizeof(line));
    struct trace_call call = {.interface = trace_interface_find(id),
                              .ordinal = ordinal,
                              .word_count = count,
                              .words = words,
                              .kept = kept};
    trace_print_call(&o, &call);
    return line;
}
#define PRINT(id, ordinal, kept, ...)                                                              \
    print(id, ordinal, sizeof((uint64_t[]){__VA_ARGS__}) / 8, (uint64_t[]){__VA_ARGS__}, kept)

static void test_tables(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < trace_interface_count; i++) {
        assert_ptr_equal(trace_interface_find(trace_interfaces[i].id), &trace_interfaces[i]);
        if (i > 0) assert_true(trace_interfaces[i - 1].id < trace_interfaces[i].id);
    }
    assert_null(trace_interface_find(1));
    const struct trace_interface *self = trace_interface_find(SELF_ID);
    assert_string_equal(self->name, "Self");
    assert_string_equal(trace_method_name(self, SELF_MEMORY_MAP), "memoryMap");
    assert_string_equal(trace_method_name(self, MESSAGE_DESCRIBE), "describe");
    assert_null(trace_method_name(self, 500));
    assert_null(trace_method_name(NULL, 0));
    assert_string_equal(trace_error_name(self, SELF_QUOTA), "quota");
    assert_string_equal(trace_error_name(self, ERR_MESSAGE), "message");
    assert_string_equal(trace_error_name(NULL, OK), "ok");
    assert_null(trace_error_name(self, 63));
    assert_null(trace_error_name(self, 200));
    assert_null(trace_error_name(NULL, ERR_INTERFACE));
}

static void test_print(void **state)
{
    (void)state;
    assert_string_equal(PRINT(SELF_ID, SELF_MEMORY_MAP, 3, 0x40000000, 4, 3),
                        "Self.memoryMap(address=0x40000000, pages=4, rights=3)");
    assert_string_equal(PRINT(SELF_ID, SELF_MEMORY_MAP, 1, 0x40000000, 4, 3),
                        "Self.memoryMap(address=0x40000000, pages=.., rights=..)");
    assert_string_equal(PRINT(SELF_ID, SELF_EXIT, 1, (uint64_t)-3), "Self.exit(code=-3)");
    assert_string_equal(PRINT(SELF_ID, 99, 2, 1, 2), "Self.99(2 words)");
    assert_string_equal(PRINT(1, 2, 2, 1, 2), "?.2(2 words)");
    const uint64_t create[9] = {10, 64, 128, 4, 100, 50, 1, 0x22776f6c6c656873, 0x0a};
    assert_string_equal(print(SELF_ID, SELF_PROCESS_CREATE, 9, create, 9),
                        "Self.processCreate(name=\"shellow\\x22\\x0a\\x00\", quota.pages=64, "
                        "quota.slots=128, quota.threads=4, quota.commits=100, priority=50, "
                        "storage=true)");
    assert_string_equal(print(SELF_ID, SELF_PROCESS_CREATE, 9, create, 8),
                        "Self.processCreate(name=\"shellow\\x22..\", quota.pages=64, "
                        "quota.slots=128, quota.threads=4, quota.commits=100, priority=50, "
                        "storage=true)");
}

/* Whatever the words are: bounded time, nothing read beyond those kept. */
static void test_print_anything(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (uint32_t round = 0; round < 20000; round++) {
        uint64_t words[8];
        for (uint32_t i = 0; i < 8; i++) {
            seed = seed * 6364136223846793005ull + 1442695040888963407ull;
            words[i] = round % 3 == 0 ? seed : seed >> 58;
        }
        uint32_t kept = (uint32_t)(seed >> 40) % 9;
        const struct trace_interface *interface =
            &trace_interfaces[(seed >> 33) % trace_interface_count];
        print(interface->id, (uint32_t)(seed >> 50) % 18, 8, words + 8 - kept, kept);
        assert_in_range(strlen(line), 1, sizeof(line) - 1);
    }
}

static int tracing_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_print_anything),
    };
    return cmocka_run_group_tests_name("tracing", tests, NULL, NULL);
}

int main(void)
{
    return tracing_tests() + roundtrip_tests() + refusal_tests();
}
