/* unit.c - runs the registered tests. An argument selects those whose id begins with it; with
 * --stop the first that fails is the last. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

enum { UNITS_MAX = 512 };
static struct unit *first;
static bool stops, failed; /* a test that fails does not come back to run() */

void unit_add(struct unit *u)
{
    struct unit **at = &first;
    while (*at != NULL && strcmp((*at)->id, u->id) < 0) {
        at = &(*at)->next;
    }
    if (*at != NULL && strcmp((*at)->id, u->id) == 0) abort(); /* an id names one test */
    u->next = *at;
    *at = u;
}

static void run(void **state)
{
    const struct unit *u = *state;
    if (stops && failed) exit(EXIT_FAILURE);
    failed = true;
    boot();
    u->run();
    check_all();
    failed = false;
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[UNITS_MAX];
    size_t count = 0;
    if (argc > 1 && strcmp(argv[1], "--stop") == 0) {
        stops = true;
        argc--;
        argv++;
    }
    for (struct unit *u = first; u != NULL; u = u->next) {
        if (argc > 1 && strncmp(u->id, argv[1], strlen(argv[1])) != 0) continue;
        if (count == UNITS_MAX) abort();
        tests[count++] = (struct CMUnitTest){.name = u->text, .test_func = run, .initial_state = u};
    }
    if (count == 0) return EXIT_FAILURE;
    return _cmocka_run_group_tests("kernel", tests, count, NULL, NULL);
}
