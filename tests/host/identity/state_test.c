/*
 * state_test.c - users, machine keys and sessions: each error of decide, and random requests whose
 * records, and whose checkpoints, must give the same state after a crash at any of them.
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

static struct identity live, folded, restored;
static struct identity_record r;

static int setup(void **state)
{
    (void)state;
    memset(&live, 0, sizeof(live));
    return 0;
}

static enum identity_refusal apply_if(enum identity_refusal no)
{
    if (no == ID_OK) identity_apply(&live, &r);
    return no;
}

static enum identity_refusal user_make(const char *name, uint8_t id)
{
    r = (struct identity_record){.user = {.id = {id}}};
    snprintf(r.user.name, sizeof(r.user.name), "%s", name);
    return apply_if(decide_user_new(&live, &r));
}

static enum identity_refusal machine_make(uint16_t user, const char *name, uint32_t rights)
{
    r = (struct identity_record){.machine = {.user = user, .rights = rights}};
    snprintf(r.machine.name, sizeof(r.machine.name), "%s", name);
    return apply_if(decide_machine_new(&live, &r));
}

static enum identity_refusal session_make(uint16_t user, uint16_t machine, uint16_t parent)
{
    r = (struct identity_record){
        .session = {
            .user = user, .machine = machine, .parent = parent, .started = 1, .expires = 100}};
    if (parent != NOBODY) strcpy(r.session.label, "program");
    return apply_if(decide_session_new(&live, &r));
}

static enum identity_refusal note_make(uint16_t user, const char *key, const char *value)
{
    r = (struct identity_record){.note = {.user = user, .kind = NOTE_PREFERENCE}};
    snprintf(r.note.key, sizeof(r.note.key), "%s", key);
    snprintf(r.note.value, sizeof(r.note.value), "%s", value);
    return apply_if(decide_note(&live, &r));
}

static void names_have_rules(void **state)
{
    static const char *const good[] = {"a", "Anna", "anna.b-c_d", "Anna B", "\xc3\xa4nne", "4"};
    static const char *const bad[] = {"",     " a",  "a ",  "a  b", ".a", "-a",  "a/b",
                                      "a\nb", "a:b", "a\"", "a=b",  "*",  "\x01"};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(name_is_valid(good[i], (uint32_t)strlen(good[i])));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(name_is_valid(bad[i], (uint32_t)strlen(bad[i])));
    }
    assert_true(name_is_valid("aaaaaaaabbbbbbbbccccccccdddddddd", 32));
    assert_false(name_is_valid("aaaaaaaabbbbbbbbccccccccddddddddd", 33));
}

static void users_are_unique_and_none_is_0(void **state)
{
    (void)state;
    assert_int_equal(user_make("anna", 0), ID_TAKEN);
    assert_int_equal(user_make("anna", 1), ID_OK);
    assert_int_equal(user_make("anna", 2), ID_TAKEN);
    assert_int_equal(user_make("bert", 1), ID_TAKEN);
    assert_int_equal(user_make("bert/", 2), ID_BAD_NAME);
    for (int i = 1; i < USERS_MAX; i++) {
        char name[8];
        snprintf(name, sizeof(name), "u%d", i);
        assert_int_equal(user_make(name, (uint8_t)(i + 1)), ID_OK);
    }
    assert_int_equal(user_make("more", 200), ID_LIMIT);
    assert_int_equal(decide_user_gone(&live, NOBODY, &r), ID_NO_USER);
    assert_null(identity_is_sound(&live));
}

static void machine_keys_have_rights_and_ends(void **state)
{
    (void)state;
    assert_int_equal(user_make("anna", 1), ID_OK);
    assert_int_equal(machine_make(0, "first", MAY_SIGN), ID_OK);
    assert_int_equal(machine_make(0, "first", 0), ID_TAKEN);
    assert_int_equal(machine_make(0, "", 0), ID_BAD_NAME);
    uint16_t m = machine_of(&live, 0, 1);
    assert_int_equal(machine_may(&live, m, MAY_SIGN, 0), ID_OK);
    assert_int_equal(machine_may(&live, m, MAY_AUTHENTICATE, 0), ID_NO_RIGHT);
    record_of_machine(&live, m, &r);
    r.machine.expires = 1000;
    identity_apply(&live, &r);
    assert_int_equal(machine_may(&live, m, MAY_SIGN, 0), ID_NO_CLOCK);
    assert_int_equal(machine_may(&live, m, MAY_SIGN, 999), ID_OK);
    assert_int_equal(machine_may(&live, m, MAY_SIGN, 1000), ID_EXPIRED);
    r.machine.revoked = 1;
    identity_apply(&live, &r);
    assert_int_equal(machine_may(&live, m, MAY_SIGN, 999), ID_REVOKED);
    for (int i = 1; i < MACHINES_OF_ONE; i++) {
        char name[8];
        snprintf(name, sizeof(name), "m%d", i);
        assert_int_equal(machine_make(0, name, 0), ID_OK);
    }
    assert_int_equal(machine_make(0, "more", 0), ID_LIMIT);
}

/* A number that was a key's is never another's. */
static void numbers_are_not_used_again(void **state)
{
    (void)state;
    assert_int_equal(user_make("anna", 1), ID_OK);
    assert_int_equal(machine_make(0, "a", 0), ID_OK);
    assert_int_equal(machine_make(0, "b", 0), ID_OK);
    assert_int_equal(r.machine.number, 2);
    record_of_user(&live, 0, &r);
    assert_int_equal(r.user.machines_made, 2);
    assert_int_equal(machine_make(0, "c", 0), ID_OK);
    assert_int_equal(r.machine.number, 3);
}

static void sessions_end_with_what_they_come_from(void **state)
{
    (void)state;
    assert_int_equal(user_make("anna", 1), ID_OK);
    assert_int_equal(machine_make(0, "a", MAY_ALL), ID_OK);
    assert_int_equal(machine_make(0, "b", MAY_ALL), ID_OK);
    assert_int_equal(session_make(0, 0, NOBODY), ID_OK); /* 0 */
    assert_int_equal(session_make(0, 0, 0), ID_OK);      /* 1, attached to it */
    assert_int_equal(session_make(0, 0, 1), ID_DENIED);
    assert_int_equal(session_make(0, 1, NOBODY), ID_OK); /* 2 */
    uint32_t generation = live.sessions[1].generation;
    assert_int_equal(session_of(&live, 1, generation), 1);
    r = (struct identity_record){.type = RECORD_SESSION_END, .index = 0};
    identity_apply(&live, &r);
    assert_int_equal(session_of(&live, 1, generation), NOBODY);
    assert_int_equal(session_of(&live, SESSIONS_MAX, 0), NOBODY);
    assert_int_not_equal(session_of(&live, 2, 1), NOBODY);
    record_of_machine(&live, 1, &r); /* the machine key that began it is revoked */
    r.machine.revoked = 1;
    identity_apply(&live, &r);
    assert_int_equal(session_of(&live, 2, 1), NOBODY);
    assert_int_equal(session_make(0, 0, NOBODY), ID_OK);
    record_of_user(&live, 0, &r);
    r.user.locked = 1;
    identity_apply(&live, &r);
    assert_int_equal(session_of(&live, 0, live.sessions[0].generation), NOBODY);
    for (int i = 0; i < SESSIONS_OF_ONE; i++) {
        assert_int_equal(session_make(0, 0, NOBODY), ID_OK);
    }
    assert_int_equal(session_make(0, 0, NOBODY), ID_LIMIT);
    assert_null(identity_is_sound(&live));
}

static void notes_are_set_and_taken_away(void **state)
{
    (void)state;
    assert_int_equal(user_make("anna", 1), ID_OK);
    assert_int_equal(note_make(0, "theme", ""), ID_NOT_FOUND);
    assert_int_equal(note_make(0, "theme", "dark"), ID_OK);
    assert_int_equal(note_make(0, "theme", "light"), ID_OK);
    assert_string_equal(live.notes[note_of(&live, 0, NOTE_PREFERENCE, "theme")].value, "light");
    assert_int_equal(note_of(&live, 0, NOTE_CREDENTIAL, "theme"), NOBODY);
    assert_int_equal(note_make(0, "a/b", "x"), ID_BAD_NAME);
    for (int i = 1; i < NOTES_OF_ONE; i++) {
        char key[8];
        snprintf(key, sizeof(key), "k%d", i);
        assert_int_equal(note_make(0, key, "x"), ID_OK);
    }
    assert_int_equal(note_make(0, "more", "x"), ID_LIMIT);
    assert_int_equal(note_make(0, "theme", ""), ID_OK);
    assert_int_equal(note_make(0, "more", "x"), ID_OK);
}

static bool random_change(uint16_t user)
{
    uint32_t i = (uint32_t)rand();
    char name[8];

    snprintf(name, sizeof(name), "n%u", i % 12);
    switch (rand() % 9) {
    case 0:
        return user_make(name, (uint8_t)(1 + i % 12)) == ID_OK;
    case 1:
        if (live.users[user].id[0] == 0) return false;
        return machine_make(user, name, i & MAY_ALL) == ID_OK;
    case 2:
    case 3: {
        uint16_t m = machine_of(&live, user, 1 + i % 3);
        uint16_t parent = (uint16_t)(i % SESSIONS_MAX);
        const struct session *p = &live.sessions[parent];
        bool fits = i % 2 != 0 && p->expires != 0 && p->user == user;
        return m != NOBODY && session_make(user, m, fits ? parent : NOBODY) == ID_OK;
    }
    case 4:
        if (live.users[user].id[0] == 0) return false;
        return note_make(user, name, i % 3 == 0 ? "" : "value") == ID_OK;
    case 5:
        r = (struct identity_record){.type = RECORD_SESSION_END, .index = i % SESSIONS_MAX};
        break;
    case 6:
        if (live.machines[i % MACHINES_MAX].number == 0) return false;
        record_of_machine(&live, (uint16_t)(i % MACHINES_MAX), &r);
        r.machine.epoch++;
        r.machine.revoked = i % 5 == 0;
        r.machine.held = i % 3 == 0;
        break;
    case 7:
        if (live.users[user].id[0] == 0) return false;
        record_of_user(&live, user, &r);
        r.user.locked = i % 2;
        break;
    case 8:
        if (i % 20 != 0 || live.users[user].id[0] == 0) return false;
        (void)decide_user_gone(&live, user, &r);
        break;
    }
    if (i % 500 == 0) r = (struct identity_record){.type = RECORD_SESSIONS_END};
    identity_apply(&live, &r);
    return true;
}

static void the_fold_is_the_state(void **state)
{
    uint32_t changes = 0;

    (void)state;
    static struct identity_record cut;
    memset(&folded, 0, sizeof(folded));
    srand(11);
    for (int i = 0; i < STEPS; i++) {
        if (!random_change((uint16_t)(rand() % 12))) continue;
        changes++;
        /* The stream has only the bytes that say something. */
        memset(&cut, 0xee, sizeof(cut));
        memcpy(&cut, &r, record_bytes(&r));
        identity_apply(&folded, &cut);
        assert_null(identity_is_sound(&live));
        assert_memory_equal(&folded, &live, sizeof(live));
        if (i % 40 != 0) continue;
        memset(&restored, 0, sizeof(restored));
        for (uint32_t at = 0; identity_snapshot(&live, &at, &r);) {
            identity_apply(&restored, &r);
        }
        assert_memory_equal(&restored, &live, sizeof(live));
    }
    assert_true(changes > STEPS / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(names_have_rules, setup),
        cmocka_unit_test_setup(users_are_unique_and_none_is_0, setup),
        cmocka_unit_test_setup(machine_keys_have_rights_and_ends, setup),
        cmocka_unit_test_setup(numbers_are_not_used_again, setup),
        cmocka_unit_test_setup(sessions_end_with_what_they_come_from, setup),
        cmocka_unit_test_setup(notes_are_set_and_taken_away, setup),
        cmocka_unit_test_setup(the_fold_is_the_state, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
