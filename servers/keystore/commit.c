/* commit.c - one change: checked, written, flushed, applied, in this order; and all, read back. */
#include <sodium.h>

#include "panic.h"
#include "server.h"

int server_error(enum journal_error e)
{
    switch (e) {
    case JOURNAL_OK:
        return OK;
    case JOURNAL_FULL:
        return KEYSTORE_FULL;
    case JOURNAL_RANDOM:
        return KEYSTORE_UNHEALTHY;
    case JOURNAL_EMPTY:
    case JOURNAL_FOREIGN:
    case JOURNAL_VERSION:
    case JOURNAL_SMALL:
    case JOURNAL_DAMAGED:
    case JOURNAL_WRONG:
    case JOURNAL_IO:
        break;
    }
    return KEYSTORE_IO_ERROR;
}

static int refused(enum keys_error e)
{
    static const int errors[] = {[KEYS_OK] = OK,
                                 [KEYS_NOT_FOUND] = KEYSTORE_NOT_FOUND,
                                 [KEYS_EXISTS] = KEYSTORE_EXISTS,
                                 [KEYS_BAD_NAME] = KEYSTORE_BAD_NAME,
                                 [KEYS_WRONG_KIND] = KEYSTORE_WRONG_KIND,
                                 [KEYS_TOO_LONG] = KEYSTORE_TOO_LONG,
                                 [KEYS_FULL] = KEYSTORE_FULL};
    return errors[e];
}

/* The state as it is, without what was deleted, in the other area. */
static enum journal_error compact(struct server *s)
{
    static struct change c;
    static uint8_t packed[CHANGE_BYTES_MAX];
    struct keys_walk walk = {0};
    uint64_t count = 0;
    enum journal_error e = journal_begin(&s->journal);
    while (e == JOURNAL_OK && keys_snapshot(&s->keys, &walk, &c)) {
        e = journal_put(&s->journal, packed, change_pack(&c, packed));
        count++;
    }
    sodium_memzero(&c, sizeof(c));
    sodium_memzero(packed, sizeof(packed));
    if (e == JOURNAL_OK) e = journal_end(&s->journal);
    if (e == JOURNAL_OK) s->records = count;
    return e;
}

int server_commit(struct server *s)
{
    int err = refused(keys_check(&s->keys, &s->change));
    if (err != OK) return err;
    uint32_t bytes = change_pack(&s->change, s->packed);
    /* What makes room has room, always. */
    bool frees = s->change.type == CHANGE_DELETE || s->change.type == CHANGE_CLEAR;
    uint32_t spare = frees ? 0 : JOURNAL_UNIT_MAX;
    enum journal_error e = JOURNAL_OK;
    if (!journal_fits(&s->journal, bytes, spare)) e = compact(s);
    if (e == JOURNAL_OK && !journal_fits(&s->journal, bytes, spare)) e = JOURNAL_FULL;
    if (e == JOURNAL_OK) e = journal_add(&s->journal, s->packed, bytes);
    if (e != JOURNAL_OK) return server_error(e);
    s->records++;
    /* It stands on the disk: if it cannot stand here too, a new process reads it there. */
    if (!keys_apply(&s->keys, &s->change)) PANIC("no memory for what is on the disk");
    return OK;
}

/* One that could not have been made here was not made here. */
enum journal_error server_fold(struct server *s)
{
    uint32_t bytes = 0;
    enum journal_error e = JOURNAL_OK;
    s->records = 0;
    while (e == JOURNAL_OK) {
        uint64_t sector = s->journal.end.base + s->journal.end.at;
        e = journal_read(&s->journal, &bytes);
        if (e != JOURNAL_OK || bytes == 0) break;
        bool good = change_unpack(s->journal.plain, bytes, &s->change) &&
                    keys_check(&s->keys, &s->change) == KEYS_OK;
        if (good && !keys_apply(&s->keys, &s->change)) PANIC("no memory for the keys");
        if (!good) {
            s->journal.damaged_at = sector;
            e = JOURNAL_DAMAGED;
        }
        s->records++;
    }
    sodium_memzero(s->journal.plain, sizeof(s->journal.plain));
    sodium_memzero(&s->change, sizeof(s->change));
    return e;
}
