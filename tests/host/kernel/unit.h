/*
 * unit.h - tests register themselves; each runs on a freshly booted core.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness.h"
#include "state.h"

struct unit {
    const char *id, *text;
    void (*run)(void);
    struct unit *next;
};
void unit_add(struct unit *u);

#define TEST(id, text)                                                                             \
    static void id##_run(void);                                                                    \
    __attribute__((constructor)) static void id##_register(void)                                   \
    {                                                                                              \
        static struct unit unit = {#id, #id ": " text, id##_run, NULL};                            \
        unit_add(&unit);                                                                           \
    }                                                                                              \
    static void id##_run(void)

#define EXPECT(x) _assert_true((x) ? 1 : 0, #x, __FILE__, __LINE__)
#define EXPECT_EQ(a, b) _assert_int_equal((uint64_t)(a), (uint64_t)(b), __FILE__, __LINE__)
#define OKAY(step) EXPECT_EQ(step, OK)
/* The step fails with exactly this error and changes nothing but the event ring. */
#define REFUSED(error, step)                                                                       \
    do {                                                                                           \
        uint64_t before_ = state_digest();                                                         \
        EXPECT_EQ(step, error);                                                                    \
        EXPECT_EQ(state_digest(), before_);                                                        \
    } while (0)
