/*
 * state_test.c - subjects, grants, policy and history: limits, and random requests whose records,
 * and whose checkpoints, must give the same state after a crash at any of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "state.h"

enum { STEPS = 20000 };

static struct permission live, folded, restored;
static struct permission_record r;
static struct manifest manifest;

static int setup(void **state)
{
    static const char text[] =
        "id a\nname a\nversion 1\nclass app\nwants x w \"y\"\nwants z g \"y\"";

    (void)state;
    memset(&live, 0, sizeof(live));
    return manifest_read(text, sizeof(text) - 1, &manifest) != 0;
}

static void applied(void)
{
    permission_apply(&live, &r);
}

static uint16_t subject_make(uint16_t parent)
{
    assert_true(decide_subject(&live, &manifest, parent, &r));
    applied();
    return (uint16_t)r.index;
}

static bool grant_make(uint16_t subject)
{
    const struct grant g = {.subject = subject, .rights = 2, .object = "x"};
    bool room = decide_grant(&live, &g, &r);

    if (room) applied();
    return room;
}

static void there_are_limits(void **state)
{
    (void)state;
    for (int i = 0; i < SUBJECTS_MAX; i++) {
        (void)subject_make(NOBODY);
    }
    assert_false(decide_subject(&live, &manifest, NOBODY, &r));
    for (int i = 0; i < GRANTS_OF_ONE; i++) {
        assert_true(grant_make(0));
    }
    assert_false(grant_make(0));
    for (int i = GRANTS_OF_ONE; i < GRANTS_MAX; i++) {
        assert_true(grant_make((uint16_t)(i / GRANTS_OF_ONE)));
    }
    assert_false(grant_make(31));
    assert_null(permission_is_sound(&live));
}

/* What a subject has ends with it, its children stay; an old badge names nothing. */
static void a_subject_ends(void **state)
{
    (void)state;
    uint16_t parent = subject_make(NOBODY), child = subject_make(parent);
    uint32_t generation = live.subjects[parent].generation;

    assert_true(grant_make(parent));
    uint32_t id = r.grant.id;
    assert_int_not_equal(grant_of(&live, id), NOBODY);
    assert_int_equal(grant_of(&live, 0), NOBODY);
    r = (struct permission_record){.type = RECORD_SUBJECT_END, .index = parent};
    applied();
    assert_int_equal(grant_of(&live, id), NOBODY);
    assert_int_equal(subject_of(&live, parent, generation), NOBODY);
    assert_int_equal(live.subjects[child].parent, NOBODY);
    assert_int_equal(subject_make(NOBODY), parent);
    assert_int_equal(subject_of(&live, parent, generation), NOBODY);
    assert_int_equal(subject_of(&live, SUBJECTS_MAX, 1), NOBODY);
    assert_true(grant_make(parent));
    assert_true(r.grant.id > id); /* a number is never another's */
}

static void history_keeps_the_last(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= EVENTS_MAX + 10; i++) {
        const struct event e = {.kind = EVENT_POLICY, .code = i};
        record_event(&live, &e, &r);
        assert_int_equal(r.event.number, i);
        applied();
    }
    for (uint32_t i = 11; i <= EVENTS_MAX + 10; i++) {
        assert_int_equal(live.events[i % EVENTS_MAX].code, i);
    }
}

static void notice_make(uint16_t subject, uint32_t grant)
{
    r = (struct permission_record){
        .type = RECORD_NOTICE, .index = subject, .notice = {.grant = grant, .object = "x"}};
    applied();
}

/* The last eight, until they were seen; whoever gets the entry next is told nothing of them. */
static void notices_stay_until_they_are_seen(void **state)
{
    (void)state;
    uint16_t subject = subject_make(NOBODY);
    const struct outbox *o = &live.outboxes[subject];

    for (uint32_t i = 1; i <= NOTICES_MAX + 2; i++) {
        notice_make(subject, 100 + i);
    }
    assert_int_equal(o->count, NOTICES_MAX);
    assert_int_equal(o->at[0].number, 3);
    assert_int_equal(o->at[0].grant, 103);
    r = (struct permission_record){.type = RECORD_SEEN, .index = subject, .seen = 5};
    applied();
    assert_int_equal(o->count, NOTICES_MAX - 3);
    assert_int_equal(o->at[0].number, 6);
    r.seen = 1000;
    applied();
    assert_int_equal(o->count, 0);
    notice_make(subject, 7);
    assert_int_equal(o->at[0].number, NOTICES_MAX + 3);
    r = (struct permission_record){.type = RECORD_SUBJECT_END, .index = subject};
    applied();
    assert_int_equal(subject_make(NOBODY), subject);
    assert_int_equal(o->count, 0);
    assert_null(permission_is_sound(&live));
}

static uint32_t policy_set(const char *text)
{
    static struct policy read;
    struct event e = {.kind = EVENT_POLICY};

    assert_int_equal(policy_read(text, (uint32_t)strlen(text), &read), 0);
    e.code = policy_change(&live.policy, &read);
    r = (struct permission_record){.type = RECORD_POLICY};
    r.policy.bytes = (uint32_t)strlen(text);
    memcpy(r.policy.text, text, strlen(text));
    applied();
    record_event(&live, &e, &r);
    applied();
    return e.code;
}

/* A rule that only moves is no other; one that is said differently is. */
static void rules_know_since_when(void **state)
{
    (void)state;
    assert_int_equal(policy_set("allow any x\ndeny any y"), 2 | 0 << 8 | 2 << 16);
    assert_int_equal(policy_set("# z\ndeny any y\nallow any x"), 0 | 0 << 8 | 2 << 16);
    assert_int_equal(live.since[0], 1);
    assert_int_equal(live.since[1], 1);
    assert_int_equal(policy_set("deny any y\nallow any x for=9\ndeny any z"), 2 | 1 << 8 | 3 << 16);
    assert_int_equal(live.since[0], 1);
    assert_int_equal(live.since[1], 3);
    assert_int_equal(live.since[2], 3);
    assert_int_equal(policy_set(""), 0 | 3 << 8 | 0 << 16);
    assert_int_equal(live.since[0], 0);
}

static void policy_random(void)
{
    int len = 0;

    r = (struct permission_record){.type = RECORD_POLICY};
    for (int i = rand() % 20; i > 0; i--) {
        len += snprintf(r.policy.text + len, sizeof(r.policy.text) - (size_t)len,
                        "allow any x for=%d\n", 1 + rand() % 1000);
    }
    r.policy.bytes = (uint32_t)len;
}

static bool random_change(void)
{
    uint16_t subject = (uint16_t)(rand() % SUBJECTS_MAX);
    const struct event e = {.kind = EVENT_GRANTED, .at = (uint64_t)rand()};

    switch (rand() % 10) {
    case 0:
        if (!live.subjects[subject].used) subject = NOBODY;
        return decide_subject(&live, &manifest, subject, &r);
    case 1:
    case 2: {
        const struct grant g = {
            .subject = subject, .rights = 2, .expires = (uint64_t)rand(), .object = "x"};
        return live.subjects[subject].used && decide_grant(&live, &g, &r);
    }
    case 3:
        r = (struct permission_record){.type = RECORD_GRANT_END,
                                       .index = (uint32_t)rand() % GRANTS_MAX};
        return true;
    case 4:
        r = (struct permission_record){.type = RECORD_SUBJECT_END, .index = subject};
        if (rand() % 300 == 0) r.type = RECORD_ALL_END;
        return live.subjects[subject].used && rand() % 3 == 0;
    case 5:
        record_event(&live, &e, &r);
        return true;
    case 8:
        r = (struct permission_record){.type = RECORD_PROBLEM, .problem = {PROBLEM_LINE, 1, 2}};
        r.problem.line = (uint32_t)rand();
        return true;
    case 6:
        r = (struct permission_record){
            .type = RECORD_NOTICE, .index = subject, .notice = {.grant = (uint32_t)rand()}};
        return live.subjects[subject].used;
    case 7:
        r = (struct permission_record){.type = RECORD_SEEN, .index = subject};
        r.seen = live.outboxes[subject].last - (uint32_t)rand() % 5;
        return live.outboxes[subject].last >= 5;
    default:
        policy_random();
        return rand() % 20 == 0;
    }
}

static void the_fold_is_the_state(void **state)
{
    static struct permission_record cut;

    (void)state;
    memset(&folded, 0, sizeof(folded));
    srand(3);
    for (int i = 0; i < STEPS; i++) {
        if (!random_change()) continue;
        applied();
        /* The stream has only the bytes that say something. */
        memset(&cut, 0xee, sizeof(cut));
        memcpy(&cut, &r, record_bytes(&r));
        permission_apply(&folded, &cut);
        assert_null(permission_is_sound(&live));
        assert_memory_equal(&folded, &live, sizeof(live));
        if (i % 50 != 0) continue;
        memset(&restored, 0, sizeof(restored));
        for (uint32_t at = 0; permission_snapshot(&live, &at, &r);) {
            permission_apply(&restored, &r);
        }
        assert_memory_equal(&restored, &live, sizeof(live));
    }
    assert_true(live.event_last > 1000 && live.grant_last > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(there_are_limits, setup),
        cmocka_unit_test_setup(a_subject_ends, setup),
        cmocka_unit_test_setup(history_keeps_the_last, setup),
        cmocka_unit_test_setup(notices_stay_until_they_are_seen, setup),
        cmocka_unit_test_setup(rules_know_since_when, setup),
        cmocka_unit_test_setup(the_fold_is_the_state, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
