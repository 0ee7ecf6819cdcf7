/* description_test.c - a good description is taken, and every way to damage it is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "description.h"

enum { SERVICES = 3, GRANTS = 5 };

/* As the image tool writes it: header, services, grants. */
static struct {
    struct description_header header;
    struct description_service services[SERVICES];
    struct description_grant grants[GRANTS];
} file;

static struct description description;

static void service_fill(uint32_t at, const char *name, uint32_t flags, uint32_t grants)
{
    struct description_service *s = &file.services[at];
    uint32_t first =
        at == 0 ? 0 : file.services[at - 1].first_grant + file.services[at - 1].grant_count;

    *s = (struct description_service){.flags = flags,
                                      .first_grant = first,
                                      .grant_count = grants,
                                      .pages = 64,
                                      .slots = 64,
                                      .threads = 1,
                                      .commits = 100,
                                      .priority = 100,
                                      .restart_limit = 5,
                                      .backoff_ms = 100};
    if ((flags & SERVICE_PROVIDES) != 0) s->serves[0] = 0xdfad8aaeaf336dc2;
    strcpy(s->name, name);
    strcpy(s->program, "/bin/x");
}

static void grant_fill(uint32_t at, uint32_t kind, uint32_t a, uint32_t b)
{
    file.grants[at] = (struct description_grant){.kind = kind, .rights = 7, .a = a, .b = b};
    strcpy(file.grants[at].name, "name");
}

static int setup(void **state)
{
    (void)state;
    memset(&file, 0, sizeof(file));
    file.header = (struct description_header){.magic = DESCRIPTION_MAGIC,
                                              .version = DESCRIPTION_VERSION,
                                              .service_count = SERVICES,
                                              .grant_count = GRANTS};
    service_fill(0, "driver", SERVICE_PROVIDES, 3);
    service_fill(1, "console", SERVICE_PROVIDES, 1);
    service_fill(2, "shell", SERVICE_MANAGES, 1);
    grant_fill(0, GRANT_NOTIFICATION, 1, 0);
    grant_fill(1, GRANT_IRQ, 4, 0);
    grant_fill(2, GRANT_PORTS, 0x3f8, 0x3ff);
    grant_fill(3, GRANT_SERVICE, 0, 0);
    grant_fill(4, GRANT_SERVICE, 1, 0);
    return 0;
}

static const char *open_file(void)
{
    return description_open(&file, sizeof(file), &description);
}

static void good(void **state)
{
    (void)state;
    assert_null(open_file());
    assert_int_equal(description.service_count, SERVICES);
    assert_int_equal(description_find(&description, "console!", 7), 1);
    assert_int_equal(description_find(&description, "consol", 6), -1);
    assert_true(description_needs(&description, 1, 0));
    assert_true(description_needs(&description, 2, 1));
    assert_false(description_needs(&description, 2, 0));
    assert_ptr_equal(description_link(&description, 2, 1), &file.grants[4]);
}

static void wrong_size(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof(file); size++) {
        assert_non_null(description_open(&file, size, &description));
    }
    assert_non_null(description_open(&file, sizeof(file) + 1, &description));
}

#define REFUSED(change)                                                                            \
    do {                                                                                           \
        setup(NULL);                                                                               \
        change;                                                                                    \
        assert_non_null(open_file());                                                              \
    } while (0)

static void damage(void **state)
{
    (void)state;
    REFUSED(file.header.magic++);
    REFUSED(file.header.version++);
    REFUSED(file.header.service_count = 0);
    REFUSED(file.header.service_count = DESCRIPTION_SERVICES_MAX + 1);
    REFUSED(file.header.grant_count = UINT32_MAX);
    REFUSED(file.services[0].name[0] = '\0');
    REFUSED(memset(file.services[0].name, 'x', sizeof(file.services[0].name)));
    REFUSED(file.services[0].program[0] = '\0');
    REFUSED(memset(file.services[1].arguments, 'x', sizeof(file.services[1].arguments)));
    REFUSED(file.services[0].flags = SERVICE_FLAGS_ALL + 1);
    REFUSED(file.services[0].serves[0] = 0);
    REFUSED(file.services[2].serves[0] = 1);
    REFUSED(file.services[0].priority = 256);
    REFUSED(file.services[0].threads = 0);
    REFUSED(file.services[0].slots = 65);
    REFUSED(file.services[0].slots = 32);
    REFUSED(file.services[2].grant_count = 2);
    REFUSED(file.services[2].first_grant = UINT32_MAX);
    REFUSED(file.services[0].grant_count = DESCRIPTION_GRANTS_MAX + 1);
    REFUSED(strcpy(file.services[1].name, "driver"));
    REFUSED(file.grants[0].name[0] = '\0');
    REFUSED(file.grants[0].kind = 0);
    REFUSED(file.grants[0].kind = GRANT_KIND_COUNT);
    REFUSED(file.grants[0].kind = GRANT_OBSERVE); /* the interrupt has no notification now */
    REFUSED(file.grants[0].rights = 8);
    REFUSED(file.grants[1].a = 24);
    REFUSED(file.grants[2].a = 0x400);
    REFUSED(file.grants[2].b = 0x10000);
    REFUSED(file.grants[3].a = SERVICES);
    REFUSED(file.grants[3].a = 2); /* the shell provides nothing */
    REFUSED(file.grants[3].kind = GRANT_HISTORY; file.grants[3].a = 2);
    REFUSED(file.grants[3].kind = GRANT_HISTORY; file.grants[3].a = 1);
    REFUSED(file.grants[3].a = 1); /* the console would need itself */
    REFUSED(file.services[0].grant_count = 2; file.services[1].first_grant = 2;
            file.services[1].grant_count = 2; grant_fill(2, GRANT_SERVICE, 1, 0));
}

/* Whatever the bytes are, nothing is read outside of them (the sanitizers watch). */
static void random_damage(void **state)
{
    unsigned seed = 5;

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < 100000; round++) {
        setup(NULL);
        for (int i = 0; i < 4; i++) {
            ((uint8_t *)&file)[(size_t)rand() % sizeof(file)] = (uint8_t)rand();
        }
        void *copy = malloc(sizeof(file));
        memcpy(copy, &file, sizeof(file));
        (void)description_open(copy, sizeof(file), &description);
        free(copy);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(good), TEST(wrong_size), TEST(damage),
                                       TEST(random_damage)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
