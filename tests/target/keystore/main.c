/*
 * main.c - a client of the keystore. Arguments: `all`, every method and every refusal; `mine N`, a
 * space of its own with N keys, and nothing else in it; `none`, without a space; `mark`: a
 * key whose bytes the test knows, and which stand in no image, or no more of it.
 */
#include <sodium.h>
#include <string.h>

#include "keytest.h"
#include "panic.h"
#include "say.h"
#include "slots.h"
#include "startup.h"

static uint32_t cases, wrong;

void is(int got, int wanted, int line)
{
    cases++;
    if (got == wanted) return;
    wrong++;
    say("keytest: line %d: %d, not %d\n", line, got, wanted);
}

cap_t keystore(void)
{
    return startup_cap("keys");
}

static struct text named(const char *name)
{
    return text_from(name, strlen(name));
}

int make(const char *name, enum keystore_key_kind kind)
{
    return keystore_create(keystore(), &(struct keystore_create_in){named(name), kind});
}

int import(const char *name, enum keystore_key_kind kind, const void *secret, uint32_t bytes)
{
    struct keystore_import_in in = {named(name), kind, data_from(secret, bytes)};
    return keystore_import(keystore(), &in);
}

int drop(const char *name)
{
    return keystore_delete(keystore(), &(struct keystore_delete_in){named(name)});
}

int open_key(const char *name, cap_t *out)
{
    struct keystore_open_out answer = {.key.slot = slot_alloc()};
    int err = keystore_open(keystore(), &(struct keystore_open_in){named(name)}, &answer);
    if (err != OK) slot_release(answer.key.slot);
    *out = err == OK ? answer.key.slot : 0;
    return err;
}

static uint32_t count_all(void)
{
    struct keystore_list_in in = {named(""), named("")};
    struct keystore_list_out out;
    char last[65];
    uint32_t count = 0;
    do {
        if (keystore_list(keystore(), &in, &out) != OK) return UINT32_MAX;
        count += out.keys.count;
        if (out.keys.count == 0) break;
        const struct text *name = &out.keys.at[out.keys.count - 1].name;
        memcpy(last, name->at, name->len);
        in.after = text_from(last, name->len);
    } while (out.more);
    return count;
}

/* A space of one's own: names that another has, too, are free, and one's own are all there is. */
static void mine(uint32_t count)
{
    char name[] = "/keys/shared/0";
    struct keystore_has_out has;
    for (uint32_t i = 0; i < count; i++) {
        name[sizeof(name) - 2] = (char)('0' + i);
        IS(make(name, KEYSTORE_KEY_KIND_SIGN), OK);
    }
    name[sizeof(name) - 2] = '8'; /* only the other one has it, or nobody */
    IS(keystore_has(keystore(), &(struct keystore_has_in){named(name)}, &has), OK);
    IS(has.there, count > 8);
    IS(count_all(), count);
    IS(drop("/keys/shared/9"), count > 9 ? OK : KEYSTORE_NOT_FOUND);
    if (count > 9) IS(make("/keys/shared/9", KEYSTORE_KEY_KIND_SIGN), OK);
}

static void without_space(void)
{
    struct keystore_list_in in = {named(""), named("")};
    struct keystore_list_out out;
    cap_t key;
    IS(make("/keys/a", KEYSTORE_KEY_KIND_SIGN), KEYSTORE_NO_SPACE);
    IS(open_key("/keys/a", &key), KEYSTORE_NO_SPACE);
    IS(drop("/keys/a"), KEYSTORE_NO_SPACE);
    IS(keystore_list(keystore(), &in, &out), KEYSTORE_NO_SPACE);
    IS(vault_lock(keystore()), ERR_MESSAGE); /* it speaks another interface to who has no control */
}

static void mark(void)
{
    static volatile uint8_t secret[32];
    for (uint32_t i = 0; i < sizeof(secret); i++) {
        secret[i] = (uint8_t)(i * i + 101 * i + 7);
    }
    int err = import("/keys/mark", KEYSTORE_KEY_KIND_SIGN, (const void *)secret, 32);
    IS(err, err == KEYSTORE_EXISTS ? drop("/keys/mark") + KEYSTORE_EXISTS : OK);
    sodium_memzero((void *)secret, sizeof(secret));
    sodium_memzero(thread_self()->buffer, sizeof(struct ipc_buffer));
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "all") == 0) {
        case_names();
        case_signatures();
        case_agreement();
        case_sealing();
        case_data();
        case_handles();
        IS(count_all(), 0);
    }
    if (strcmp(what, "mine") == 0)
        mine((uint32_t)(argv[2][0] - '0') * 10 + (uint32_t)(argv[2][1] - '0'));
    if (strcmp(what, "none") == 0) without_space();
    if (strcmp(what, "mark") == 0) mark();
    say("keytest %s: %u of %u wrong\n", what, wrong, cases);
    return wrong == 0 && cases > 0 ? EXIT_OK : EXIT_ERROR;
}
