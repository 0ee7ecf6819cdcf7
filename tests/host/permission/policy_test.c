/* policy_test.c - which rule decides, each condition at its edge, and each way a line is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "manifest.h"

enum { USE = 2, GRANT = 4 };

static struct policy policy;

static struct decision decide(const char *text, const struct facts *f)
{
    assert_int_equal(policy_read(text, (uint32_t)strlen(text), &policy), 0);
    return policy_decide(&policy, f);
}

static struct facts facts(void)
{
    return (struct facts){.name = "editor",
                          .parent = "desktop",
                          .object = "files",
                          .class = CLASS_APP,
                          .rights = USE,
                          .all_rights = USE | GRANT,
                          .minute = 600};
}

static enum policy_refusal refusal(const char *text, const struct facts *f)
{
    return decide(text, f).refusal;
}

static void the_first_that_fits_decides(void **state)
{
    const struct facts f = facts();
    struct decision d;

    (void)state;
    assert_int_equal(refusal("", &f), POLICY_NO_RULE);
    assert_int_equal(refusal("allow any clock\nallow name:other files", &f), POLICY_NO_RULE);
    d = decide("# a comment\n\nallow class:service *\n  deny\tany files # no\nallow any *", &f);
    assert_int_equal(d.refusal, POLICY_RULE);
    assert_int_equal(d.line, 4);
    d = decide("allow name:editor files for=90\ndeny any *", &f);
    assert_int_equal(d.refusal, POLICY_OK);
    assert_int_equal(d.line, 1);
    assert_int_equal(d.seconds, 90);
    /* One whose condition does not hold is not passed over. */
    assert_int_equal(refusal("allow any files session\nallow any *", &f), POLICY_SESSION);
}

static void conditions_at_their_edges(void **state)
{
    struct facts f = facts();

    (void)state;
    assert_int_equal(refusal("allow any files rights=g", &f), POLICY_RIGHTS);
    assert_int_equal(refusal("allow any files rights=gw", &f), POLICY_OK);
    assert_int_equal(refusal("allow any files attenuate", &f), POLICY_OK);
    f.rights = USE | GRANT;
    assert_int_equal(refusal("allow any files attenuate", &f), POLICY_ATTENUATE);
    assert_int_equal(refusal("allow any files rights=w", &f), POLICY_RIGHTS);
    assert_int_equal(refusal("allow any files parent=desktop", &f), POLICY_OK);
    assert_int_equal(refusal("allow any files parent=desk", &f), POLICY_PARENT);
    assert_int_equal(refusal("allow any files user=anna", &f), POLICY_SESSION);
    f.user = "anna";
    assert_int_equal(refusal("allow any files user=anna", &f), POLICY_OK);
    assert_int_equal(refusal("allow any files user=bert", &f), POLICY_USER);
    static const struct {
        const char *rule;
        int32_t minute;
        enum policy_refusal want;
    } times[] = {
        {"allow any files time=10:00-11:00", 599, POLICY_TIME},
        {"allow any files time=10:00-11:00", 600, POLICY_OK},
        {"allow any files time=10:00-11:00", 659, POLICY_OK},
        {"allow any files time=10:00-11:00", 660, POLICY_TIME},
        {"allow any files time=23:00-01:00", 1380, POLICY_OK},
        {"allow any files time=23:00-01:00", 59, POLICY_OK},
        {"allow any files time=23:00-01:00", 60, POLICY_TIME},
        {"allow any files time=23:00-01:00", 1379, POLICY_TIME},
        {"allow any files time=00:00-23:59", -1, POLICY_TIME},
    };
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        f.minute = times[i].minute;
        assert_int_equal(refusal(times[i].rule, &f), times[i].want);
    }
}

static void a_wrong_line_is_named(void **state)
{
    static const char *const wrong[] = {"permit any x",
                                        "allow",
                                        "allow any",
                                        "allow any a/b",
                                        "allow class: x",
                                        "allow name: x",
                                        "allow any x rights=",
                                        "allow any x rights=rw",
                                        "allow any x time=1:00-2:00",
                                        "allow any x time=10:00-24:00",
                                        "allow any x time=10:60-11:00",
                                        "allow any x for=0",
                                        "allow any x for=31536001",
                                        "allow any x for=",
                                        "allow any x user=",
                                        "deny any x for=1",
                                        "allow any x session=anna",
                                        "allow any \"x",
                                        "allow any x \x80",
                                        "allow any aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    char text[200];

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        int len = snprintf(text, sizeof(text), "allow any y\n# z\n%s\nallow any z", wrong[i]);
        assert_int_equal(policy_read(text, (uint32_t)len, &policy), 3);
    }
}

static void the_first_wrong_word_is_named(void **state)
{
    static const struct {
        const char *line;
        uint32_t column;
    } wrong[] = {
        {"permit any x", 1},         {"  allow all x", 9},  {"allow any", 10},
        {"allow any   ", 13},        {"allow any # x", 11}, {"allow\tany\tx\tmaybe", 13},
        {"allow any x for=0 y", 13}, {"allow any \"x", 11}, {"deny any x session", 12},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint32_t len = (uint32_t)strlen(wrong[i].line);
        assert_int_equal(policy_read(wrong[i].line, len, &policy), 1);
        assert_int_equal(policy.column, wrong[i].column);
    }
    assert_int_equal(policy_read("allow any x", 11, &policy), 0);
    assert_int_equal(policy.column, 0);
}

static void rules_have_a_limit(void **state)
{
    static char text[(RULES_MAX + 1) * 12 + 1];
    uint32_t len = 0;

    (void)state;
    for (int i = 0; i < RULES_MAX; i++) {
        len += (uint32_t)snprintf(text + len, sizeof(text) - len, "allow any x\n");
    }
    assert_int_equal(policy_read(text, len, &policy), 0);
    assert_int_equal(policy.count, RULES_MAX);
    len += (uint32_t)snprintf(text + len, sizeof(text) - len, "allow any x\n");
    assert_int_equal(policy_read(text, len, &policy), RULES_MAX + 1);
}

static uint32_t manifest_of(const char *text, struct manifest *m)
{
    return manifest_read(text, (uint32_t)strlen(text), m);
}

static void manifests_say_who_and_what_for(void **state)
{
    static const char whole[] = "id org.x.y\nname y\nversion 1\nclass app\n"
                                "needs files w \"to read\"\nwants clock wg \"to see\"\n";
    struct manifest m;

    (void)state;
    assert_int_equal(manifest_of(whole, &m), 0);
    assert_int_equal(m.count, 2);
    assert_true(m.needs[0].required);
    assert_false(m.needs[1].required);
    assert_string_equal(m.needs[0].reason, "to read");
    assert_non_null(manifest_need(&m, "files", USE));
    assert_null(manifest_need(&m, "files", USE | GRANT));
    assert_null(manifest_need(&m, "file", USE));
    assert_int_equal(manifest_of("id a\nname y\nversion 1\n", &m), 4);
    assert_int_equal(manifest_of("id a\nid b", &m), 2);
    assert_int_equal(manifest_of("class king", &m), 1);
    assert_int_equal(manifest_of("needs a w", &m), 1);
    assert_int_equal(manifest_of("needs a r \"x\"", &m), 1);
    assert_int_equal(manifest_of("needs a w \"x\"\nwants a w \"y\"", &m), 2);
    assert_int_equal(manifest_of("needs a w \"\"", &m), 1);
    assert_int_equal(manifest_of("", &m), 1);
    char many[NEEDS_MAX * 32 + 64];
    int len = 0;
    for (int i = 0; i <= NEEDS_MAX; i++) {
        len += snprintf(many + len, sizeof(many) - (size_t)len, "needs o%d w \"x\"\n", i);
    }
    assert_int_equal(manifest_of(many, &m), NEEDS_MAX + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_that_fits_decides),
        cmocka_unit_test(conditions_at_their_edges),
        cmocka_unit_test(a_wrong_line_is_named),
        cmocka_unit_test(the_first_wrong_word_is_named),
        cmocka_unit_test(rules_have_a_limit),
        cmocka_unit_test(manifests_say_who_and_what_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
