/* open.c - the disk looked at, set up, unlocked and locked. */
#include <sodium.h>
#include <string.h>

#include "panic.h"
#include "server.h"
#include "startup.h"

enum { DISK_PAGES = JOURNAL_WINDOW * JOURNAL_SECTOR / 4096 + 8 };
/* What a passphrase costs: 4 MiB, less what makes it fit in a block of the heap, eight times. */
static const struct crypto_cost cost = {4088, 8};

/* The device. */

static bool transfer(struct server *s, enum block_operation op, uint64_t sector, uint32_t sectors,
                     void *data)
{
    const struct blockdev_io io = {.op = op, .sector = sector, .count = sectors, .data = data};
    uint32_t most = s->disk.max_sectors;
    struct blockdev_io part = io;
    int err = OK;
    for (uint32_t done = 0; done < sectors && err == OK; done += part.count) {
        part.sector = sector + done;
        part.count = sectors - done < most ? sectors - done : most;
        part.data = (uint8_t *)data + (size_t)done * JOURNAL_SECTOR;
        err = blockdev_do(&s->disk, &part);
    }
    if (sectors == 0) err = blockdev_do(&s->disk, &io);
    return err == OK;
}

static bool on_read(void *state, uint64_t sector, uint32_t sectors, void *out)
{
    return transfer(state, BLOCK_READ, sector, sectors, out);
}

static bool on_write(void *state, uint64_t sector, uint32_t sectors, const void *from)
{
    return transfer(state, BLOCK_WRITE, sector, sectors, (void *)(uintptr_t)from);
}

static bool on_flush(void *state)
{
    return transfer(state, BLOCK_FLUSH, 0, 0, NULL);
}

static bool on_random(void *state, void *out, uint32_t bytes)
{
    (void)state;
    return crypto_random(out, bytes) == OK;
}

static enum keystore_state state_of(enum journal_error e)
{
    switch (e) {
    case JOURNAL_OK:
        return KEYSTORE_STATE_LOCKED;
    case JOURNAL_EMPTY:
        return KEYSTORE_STATE_EMPTY;
    case JOURNAL_FOREIGN:
        return KEYSTORE_STATE_FOREIGN;
    case JOURNAL_VERSION:
        return KEYSTORE_STATE_VERSION;
    case JOURNAL_SMALL:
        return KEYSTORE_STATE_TOO_SMALL;
    case JOURNAL_DAMAGED:
        return KEYSTORE_STATE_DAMAGED;
    case JOURNAL_WRONG:
    case JOURNAL_FULL:
    case JOURNAL_IO:
    case JOURNAL_RANDOM:
        break;
    }
    return KEYSTORE_STATE_IO_ERROR;
}

/* Why what was asked cannot be done in this state. */
static int refused(const struct server *s)
{
    static const int errors[] = {
        [KEYSTORE_STATE_NO_DISK] = VAULT_NO_DISK,   [KEYSTORE_STATE_EMPTY] = VAULT_WRONG_STATE,
        [KEYSTORE_STATE_FOREIGN] = VAULT_FOREIGN,   [KEYSTORE_STATE_VERSION] = VAULT_VERSION,
        [KEYSTORE_STATE_DAMAGED] = VAULT_DAMAGED,   [KEYSTORE_STATE_LOCKED] = VAULT_WRONG_STATE,
        [KEYSTORE_STATE_OPEN] = VAULT_WRONG_STATE,  [KEYSTORE_STATE_TOO_SMALL] = VAULT_TOO_SMALL,
        [KEYSTORE_STATE_IO_ERROR] = VAULT_IO_ERROR,
    };
    return errors[s->state];
}

/* The journal's key is known. */
static int read_all(struct server *s)
{
    enum journal_error e = server_fold(s);
    sodium_memzero(s->journal.window, sizeof(s->journal.window));
    s->journal.window_at = UINT64_MAX;
    if (e == JOURNAL_OK) {
        s->state = KEYSTORE_STATE_OPEN;
        return OK;
    }
    uint64_t damaged_at = s->journal.damaged_at;
    server_close(s);
    s->journal.damaged_at = damaged_at;
    s->state = state_of(e);
    return refused(s);
}

void server_close(struct server *s)
{
    keys_wipe(&s->keys);
    journal_close(&s->journal);
    s->state = KEYSTORE_STATE_LOCKED;
    for (uint32_t i = 0; i < HANDLES_MAX; i++) {
        s->handles[i].version = UINT32_MAX; /* each names nothing any more */
    }
}

static bool disk_open(struct server *s)
{
    struct block_info_out info;
    const struct blockdev_args args = {.block = startup_cap("disk"), .data_pages = DISK_PAGES};
    if (s->disk.block != 0) return true;
    if (block_info(args.block, &info) != OK) return false;
    uint32_t len = info.info.serial.len < sizeof(s->serial) ? info.info.serial.len : 0;
    memcpy(s->serial, info.info.serial.at, len);
    if (blockdev_open(&s->disk, &args) == OK) return true;
    s->disk = (struct blockdev){0};
    return false;
}

void server_look(struct server *s, bool unattended)
{
    s->journal.io = (struct journal_io){s, on_read, on_write, on_flush, on_random};
    s->state = KEYSTORE_STATE_NO_DISK;
    if (!disk_open(s)) return;
    s->journal.sectors = s->disk.sectors;
    s->state = state_of(journal_look(&s->journal));
    s->unattended = s->state == KEYSTORE_STATE_LOCKED && s->journal.head.unattended;
    if (!s->unattended || !unattended) return;
    if (journal_unwrap(&s->journal, NULL, true) == JOURNAL_OK) (void)read_all(s);
}

/* What the person asks. */

static bool derive(const struct journal_head *h, struct data passphrase, uint8_t *out)
{
    return crypto_password_key(out, crypto_bytes(passphrase.at, passphrase.len), h->salt, &h->cost);
}

int server_setup(struct server *s, struct data passphrase)
{
    uint8_t unlock[CRYPTO_KEY_BYTES];
    struct journal_head *h = &s->journal.head;
    struct block_info_out info;
    if (s->state == KEYSTORE_STATE_NO_DISK) server_look(s, false);
    if (s->state != KEYSTORE_STATE_EMPTY) return refused(s);
    if (passphrase.len < PASSPHRASE_LEAST) return VAULT_TOO_SHORT;
    *h = (struct journal_head){.cost = cost};
    if (crypto_random(h->salt, sizeof(h->salt)) != OK) return VAULT_UNHEALTHY;
    if (!derive(h, passphrase, unlock)) return VAULT_NO_MEMORY;
    if (block_info(s->disk.block, &info) != OK) return VAULT_IO_ERROR;
    uint32_t unit = info.info.block_bytes / JOURNAL_SECTOR;
    if (unit == 0 || JOURNAL_UNIT_MAX % unit != 0) unit = JOURNAL_UNIT_MAX;
    enum journal_error e = journal_make(&s->journal, unit, unlock);
    sodium_memzero(unlock, sizeof(unlock));
    if (e == JOURNAL_OK) s->state = KEYSTORE_STATE_OPEN;
    s->records = 0;
    return e == JOURNAL_OK ? OK : e == JOURNAL_RANDOM ? VAULT_UNHEALTHY : VAULT_IO_ERROR;
}

int server_unlock(struct server *s, struct data passphrase)
{
    uint8_t unlock[CRYPTO_KEY_BYTES];
    if (s->state == KEYSTORE_STATE_OPEN) return VAULT_WRONG_STATE;
    server_look(s, false); /* a disk that could not be read then, may be now */
    if (s->state != KEYSTORE_STATE_LOCKED) return refused(s);
    if (!derive(&s->journal.head, passphrase, unlock)) return VAULT_NO_MEMORY;
    enum journal_error e = journal_unwrap(&s->journal, unlock, false);
    sodium_memzero(unlock, sizeof(unlock));
    return e == JOURNAL_OK ? read_all(s) : VAULT_WRONG_PASSPHRASE;
}

static int head_error(enum journal_error e)
{
    return e == JOURNAL_OK ? OK : e == JOURNAL_RANDOM ? VAULT_UNHEALTHY : VAULT_IO_ERROR;
}

int server_change_passphrase(struct server *s, struct data old, struct data next)
{
    struct journal_head head = s->journal.head;
    uint8_t unlock[CRYPTO_KEY_BYTES];
    if (s->state != KEYSTORE_STATE_OPEN) return VAULT_WRONG_STATE;
    if (next.len < PASSPHRASE_LEAST) return VAULT_TOO_SHORT;
    if (!derive(&head, old, unlock)) return VAULT_NO_MEMORY;
    if (!journal_opens(&s->journal, unlock)) return VAULT_WRONG_PASSPHRASE;
    head.cost = cost;
    if (crypto_random(head.salt, sizeof(head.salt)) != OK) return VAULT_UNHEALTHY;
    if (!derive(&head, next, unlock)) return VAULT_NO_MEMORY;
    enum journal_error e = journal_rewrap(&s->journal, &head, unlock);
    sodium_memzero(unlock, sizeof(unlock));
    return head_error(e);
}

int server_unattended(struct server *s, bool on)
{
    if (s->state != KEYSTORE_STATE_OPEN) return VAULT_WRONG_STATE;
    int err = head_error(journal_unattended(&s->journal, on));
    s->unattended = s->journal.head.unattended != 0;
    return err;
}
