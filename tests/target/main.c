/* main.c - runs all tests and prints TAP, or plays a child. */
#include "bytes.h"
#include "idl/console.h"
#include "idl/registry.h"
#include "idl/vfs.h"
#include "panic.h"
#include "print.h"
#include "slots.h"
#include "test.h"

#define OPTIONS "/tests.options"

#define GROUP_ADDRESS(name) &name##_group,
static const struct group *const groups[] = {TEST_GROUPS(GROUP_ADDRESS)};

static cap_t session;
static const char *word = "";
enum { SCALE = 50 };
static char only[32];
static uint32_t cpus = 1, deaths;
static bool development, counted;
static uint32_t failures; /* of the running test */

static void say(const char *text, size_t len)
{
    struct session_write_in in = {.data = data_from(text, len)};

    CHECK(session_write(session, &in) == OK);
}

uint32_t test_cpus(void)
{
    return cpus;
}

uint32_t test_deaths(void)
{
    return deaths;
}

uint32_t test_scaled(uint32_t times)
{
    return cpus > 1 ? times / SCALE : times;
}

bool test_counted(void)
{
    return counted;
}

bool test_development(void)
{
    return development;
}

const char *test_word(void)
{
    return word;
}

void test_note(const char *text)
{
    say(text, strlen(text));
}

void test_expect(bool fact, const char *text, const char *file, int line)
{
    char message[200];

    if (fact) return;
    failures++;
    size_t len = print_format(message, sizeof(message), "# %s:%d: not so: %s\n", file, line, text);
    say(message, len < sizeof(message) ? len : sizeof(message) - 1);
}

void test_expect_equal(int64_t got, int64_t wanted, const char *text, const char *file, int line)
{
    char message[200];

    if (got == wanted) return;
    failures++;
    size_t len = print_format(message, sizeof(message), "# %s:%d: %s is %lld, not %lld\n", file,
                              line, text, (long long)got, (long long)wanted);
    say(message, len < sizeof(message) ? len : sizeof(message) - 1);
}

static int play_child(const char *name)
{
    for (uint32_t g = 0; g < TEST_COUNT(groups); g++) {
        for (uint32_t i = 0; i < groups[g]->child_count; i++) {
            const struct child *child = &groups[g]->children[i];
            if (strcmp(child->name, name) == 0) return child->run();
        }
    }
    return EXIT_PANIC;
}

/* The line of a test, in TAP. */
static void report(uint32_t number, const struct test *test)
{
    char line[200];

    size_t len = print_format(line, sizeof(line), "%s %u - %s: %s\n",
                              failures == 0 ? "ok" : "not ok", number, test->id, test->text);
    say(line, len < sizeof(line) ? len : sizeof(line) - 1);
}

/* What run.py says: directories `only-PREFIX`, `cpus-N`, `ends-N`, `counted` and `development`. */
static void read_options(void)
{
    static const char name[] = OPTIONS;
    struct directory_list_in in = {.path = text_from(name, sizeof(name) - 1)};
    struct directory_list_out out;

    if (directory_list(startup_cap("files"), &in, &out) != OK) return;
    for (uint32_t i = 0; i < out.entries.count; i++) {
        const struct text entry = out.entries.at[i].name;
        if (entry.len == 7 && strncmp(entry.at, "counted", 7) == 0) counted = true;
        if (entry.len == 11 && strncmp(entry.at, "development", 11) == 0) development = true;
        if (entry.len < 6 || entry.len - 5 >= sizeof(only)) continue;
        if (strncmp(entry.at, "only-", 5) == 0) memcpy(only, entry.at + 5, entry.len - 5);
        if (strncmp(entry.at, "ends-", 5) == 0) deaths = (uint32_t)(entry.at[5] - '0');
        if (strncmp(entry.at, "cpus-", 5) == 0) cpus = (uint32_t)(entry.at[5] - '0');
    }
}

static uint32_t run_group(const struct group *group, uint32_t *number)
{
    uint32_t failed = 0;

    for (uint32_t i = 0; i < group->test_count; i++) {
        const struct test *test = &group->tests[i];
        if (strncmp(test->id, only, strlen(only)) != 0) continue;
        failures = 0;
        test->run();
        test_cleanup();
        report(++*number, test);
        failed += failures != 0;
    }
    return failed;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "child") == 0) {
        word = argv[3];
        cpus = (uint32_t)(argv[4][0] - '0');
        return play_child(argv[2]);
    }

    struct console_open_out out = {.session = {.slot = slot_alloc()}};
    if (console_open(startup_cap("console"), &out) != OK) return EXIT_ERROR;
    session = out.session.slot;
    read_options();
    test_setup();
    say("\n", 1); /* whoever had the terminal before us left a prompt there */

    uint32_t number = 0, failed = 0;
    for (uint32_t g = 0; g < TEST_COUNT(groups); g++) {
        failed += run_group(groups[g], &number);
    }
    char plan[64];
    size_t len = print_format(plan, sizeof(plan), "1..%u\n# %u failed\n", number, failed);
    say(plan, len);
    (void)session_close(session);
    return failed == 0 ? EXIT_OK : EXIT_ERROR;
}
