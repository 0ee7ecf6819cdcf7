/*
 * keys.h - the keys of all spaces: the state, what may be done to it, and the doing.
 *
 * A change is checked by keys_check(), which changes nothing, written to the journal, and then
 * applied by keys_apply(), which cannot fail: the same two at each start, for every change that is
 * read back. No system calls. Secrets stand here and nowhere else, and are wiped when they go.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    KEYS_MAX = 512,
    KEYS_NAME_MAX = 64,
    KEYS_HALF_BYTES = 32,        /* of a secret, or a public key */
    KEYS_PIECE_MAX = 3000,       /* bytes of data in one change */
    KEYS_DATA_MAX = 1 << 20,     /* of one name, */
    KEYS_DATA_ALL_MAX = 2 << 20, /* and of all */
    KEYS_PIECES_MAX = 4096,      /* changes that made the data of all */
    KEYS_OWNER_BYTES = 16,
    KEYS_OF_OWNER = 48, /* keys, and bytes of data, in a space within another */
    KEYS_DATA_OF_OWNER = 128 << 10,
};

/* Whose a key is: a space of the system description, or one within it, of an owner whom who has
 * the space names. */
struct keys_space {
    uint32_t number;                 /* 0: none */
    uint8_t owner[KEYS_OWNER_BYTES]; /* 0: the space itself */
};

enum keys_kind { KEYS_SIGN = 1, KEYS_AGREE, KEYS_SEAL, KEYS_DATA, KEYS_KINDS };

struct piece { /* of data */
    struct piece *next;
    uint32_t bytes;
    uint8_t at[];
};

struct key {
    struct keys_space space; /* its number 0: the entry is free */
    uint32_t
        version;  /* counts up when the entry is freed: a handle of a former key names nothing */
    uint8_t kind; /* enum keys_kind */
    uint8_t name_len;
    char name[KEYS_NAME_MAX];
    uint8_t secret[KEYS_HALF_BYTES], half[KEYS_HALF_BYTES]; /* half: the public one */
    struct piece *first, *last;
    uint32_t bytes; /* of data */
};

struct keys {
    struct key list[KEYS_MAX];
    uint32_t count, bytes, pieces; /* of data: bytes, pieces */
};

enum change_type { CHANGE_CREATE = 1, CHANGE_DELETE, CHANGE_WRITE, CHANGE_APPEND, CHANGE_CLEAR };

struct change {
    uint8_t type, kind, name_len;
    uint32_t bytes;
    struct keys_space space;
    char name[KEYS_NAME_MAX];     /* CLEAR: of all that begin so */
    uint8_t data[KEYS_PIECE_MAX]; /* CREATE: secret and public half */
};
enum {
    CHANGE_HEAD_BYTES = 12 + KEYS_OWNER_BYTES,
    CHANGE_BYTES_MAX = CHANGE_HEAD_BYTES + KEYS_NAME_MAX + KEYS_PIECE_MAX
};

enum keys_error {
    KEYS_OK,
    KEYS_NOT_FOUND,
    KEYS_EXISTS,
    KEYS_BAD_NAME,
    KEYS_WRONG_KIND,
    KEYS_TOO_LONG,
    KEYS_FULL
};

bool keys_name_is_good(const char *name, size_t len);
/* NULL: there is none. */
struct key *keys_find(struct keys *k, const struct keys_space *space, const char *name, size_t len);
/* Of that space the first name behind `after` that begins with `prefix`; NULL: no more. */
struct keys_text {
    const char *at;
    size_t len;
};
const struct key *keys_next(const struct keys *k, const struct keys_space *space,
                            struct keys_text prefix, struct keys_text after);
/* Of the spaces within that one the next owner behind `after` who has keys there. False: no more.
 * All zero is before the first. */
bool keys_owner_next(const struct keys *k, uint32_t number, uint8_t after[KEYS_OWNER_BYTES]);
enum keys_error keys_check(struct keys *k, const struct change *c);
/* Checked. False: there is no memory for the data; nothing is changed. */
bool keys_apply(struct keys *k, const struct change *c);
/* At most `most` bytes of data from `offset` on; says how many. */
uint32_t keys_read(const struct key *key, uint32_t offset, uint8_t *out, uint32_t most);
/* All of it goes, wiped. */
void keys_wipe(struct keys *k);

/* As bytes of the journal, and back. False: that is no change. */
uint32_t change_pack(const struct change *c, uint8_t out[CHANGE_BYTES_MAX]);
bool change_unpack(const uint8_t *bytes, size_t len, struct change *out);

/* The whole state as changes, one a call. False: that was all. `at` begins as {0}. */
struct keys_walk {
    uint32_t entry;
    const struct piece *piece;
    bool begun;
};
bool keys_snapshot(const struct keys *k, struct keys_walk *at, struct change *out);
