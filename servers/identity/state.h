/*
 * state.h - users, their machine keys and sessions as a state machine: decide refuses or makes a
 * record, apply alone changes. Nothing here knows messages, clocks or cryptography; what is secret
 * comes in sealed (sealing.h). The same objects run in the host tests.
 *
 * A record gives an entry its whole new contents. So the records of a checkpoint are the entries.
 *
 * Invariants (state_is_sound): IDENT-1 ids of users are unique and not 0, names unique and valid;
 * IDENT-2 a machine key, session, credential or preference belongs to a user that is there; IDENT-3
 * a session's parent is a session of the same user, one step up; IDENT-4 epochs begin at 1; IDENT-5
 * a machine key is in one place: elsewhere, in the keystore, or here under the password.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    USERS_MAX = 64,
    MACHINES_MAX = 128,
    MACHINES_OF_ONE = 8,
    SESSIONS_MAX = 64,
    SESSIONS_OF_ONE = 16,
    NOTES_MAX = 256, /* credentials and preferences */
    NOTES_OF_ONE = 16,
    NAME_BYTES = 32,
    VALUE_BYTES = 64,
    ID_BYTES = 16,
    PUBLIC_BYTES = 32,
    SALT_BYTES = 16,
    BOX_NONCE_BYTES = 24,
    BOX_TAG_BYTES = 16,
    SEED_BYTES = 32,
    SHARE_BYTES = 33, /* its number, and 32 bytes */
    NOBODY = 0xffff,
};

/* In the order of Identity.Error and UserSession.Error in idl/identity.capnp; 0 is no error. */
enum identity_refusal {
    ID_OK,
    ID_DENIED,
    ID_BAD_NAME,
    ID_TAKEN,
    ID_NO_USER,
    ID_LOCKED,
    ID_LIMIT,
    ID_WEAK_PASSWORD,
    ID_BAD_PASSWORD,
    ID_TOO_OFTEN,
    ID_TOO_FEW,
    ID_BAD_SHARD,
    ID_TWICE,
    ID_WRONG_SET,
    ID_MISMATCH,
    ID_UNKNOWN_NONCE,
    ID_REPLAYED,
    ID_EXPIRED,
    ID_WRONG_USER,
    ID_BAD_SIGNATURE,
    ID_NO_MACHINE,
    ID_REVOKED,
    ID_NO_RIGHT,
    ID_OLD_EPOCH,
    ID_CURRENT,
    ID_NOT_FOUND,
    ID_NO_SOURCE,
    ID_NO_CLOCK,
    ID_KEYS_LOCKED,
    ID_NO_FILES,
    ID_BAD_PEER,
};

enum machine_right {
    MAY_AUTHENTICATE = 1,
    MAY_SIGN = 2,
    MAY_AUTHORIZE = 4, /* make machine keys */
    MAY_REVOKE = 8,
    MAY_AGREE = 16,
    MAY_KEYS = 32, /* use the user's own keys */
    MAY_ALL = 63,
};

/* What goes to the stream has no byte that nobody set: no padding. */
#pragma clang diagnostic push
#pragma clang diagnostic error "-Wpadded"
struct box_seed { /* sealed: a machine key's seed */
    uint8_t nonce[BOX_NONCE_BYTES], bytes[SEED_BYTES + BOX_TAG_BYTES];
};
struct box_shares { /* sealed: two shares of the neural key */
    uint8_t nonce[BOX_NONCE_BYTES], bytes[2 * SHARE_BYTES + BOX_TAG_BYTES];
};

struct user {
    uint8_t id[ID_BYTES]; /* from the hash of `public`; 0: free */
    uint8_t public[PUBLIC_BYTES];
    uint8_t salt[SALT_BYTES];
    uint8_t set[4]; /* which splitting of the neural key is the present one */
    struct box_shares shares;
    uint8_t zero[2];
    uint32_t machines_made; /* numbers of machine keys are never used again */
    uint8_t locked;
    uint8_t vaulted; /* the keystore has a part in what the password opens */
    char name[NAME_BYTES + 1];
    uint8_t zero_end;
};

struct machine {
    uint32_t number; /* of the user's; 0: free */
    uint32_t epoch, rights;
    uint16_t user;
    uint8_t revoked, external;                         /* external: the seed is elsewhere */
    int64_t expires;                                   /* seconds since 1970; 0: never */
    uint8_t public[PUBLIC_BYTES], agree[PUBLIC_BYTES]; /* Ed25519, X25519 */
    struct box_seed seed;                              /* of one that is held nowhere else */
    char name[NAME_BYTES + 1];
    uint8_t held;   /* the keystore has it: by its user, number and epoch */
    uint8_t agrees; /* `agree` is one */
    uint8_t zero[5];
};

struct session {
    uint64_t started, expires; /* uptime in ms; expires 0: free */
    uint32_t generation;       /* counts the uses of the entry */
    uint16_t user, machine;    /* indices */
    uint16_t parent;           /* that it was attached to, or NOBODY */
    char label[NAME_BYTES + 1];
    uint8_t zero[5];
};

enum note_kind { NOTE_FREE, NOTE_CREDENTIAL, NOTE_PREFERENCE };
struct note {
    uint16_t user;
    uint8_t kind; /* enum note_kind */
    char key[NAME_BYTES + 1], value[VALUE_BYTES + 1];
    uint8_t zero;
};

#pragma clang diagnostic pop

struct identity {
    struct user users[USERS_MAX];
    struct machine machines[MACHINES_MAX];
    struct session sessions[SESSIONS_MAX];
    struct note notes[NOTES_MAX];
    char node[NAME_BYTES + 1]; /* this machine's name, if somebody gave it one */
};

enum record_type {
    RECORD_USER = 1,  /* a locked one's sessions end */
    RECORD_USER_GONE, /* and all that is the user's */
    RECORD_MACHINE,   /* a revoked one's sessions end */
    RECORD_USER_SESSIONS_END,
    RECORD_SESSION,
    RECORD_SESSION_END, /* and those attached to it */
    RECORD_SESSIONS_END,
    RECORD_NOTE,
    RECORD_NODE,
};

#pragma clang diagnostic push
#pragma clang diagnostic error "-Wpadded"
struct identity_record {
    uint32_t type, index;
    union {
        struct user user;
        struct machine machine;
        struct session session;
        struct note note;
        char node[NAME_BYTES + 1];
    };
};

#pragma clang diagnostic pop
/* Bytes of a record that say something: its kind's, not all of the union. */
uint32_t record_bytes(const struct identity_record *r);

void identity_apply(struct identity *s, const struct identity_record *r);
/* `*at` starts at 0. False: none is left. */
bool identity_snapshot(const struct identity *s, uint32_t *at, struct identity_record *out_record);
/* NULL, or the invariant that is broken. */
const char *identity_is_sound(const struct identity *s);

/* NOBODY: there is none. */
uint16_t user_by_name(const struct identity *s, const char *name, uint32_t len);
uint16_t user_by_id(const struct identity *s, const uint8_t id[ID_BYTES]);
uint16_t machine_of(const struct identity *s, uint16_t user, uint32_t number);
uint16_t session_of(const struct identity *s, uint32_t index, uint32_t generation);
uint16_t note_of(const struct identity *s, uint16_t user, uint32_t kind, const char *key);
/* The user's next one from `*at` on. */
uint16_t machine_next(const struct identity *s, uint16_t user, uint32_t *at);
bool name_is_valid(const char *name, uint32_t len);

/* decide.c: the record holds the entry as it is to be; what the caller cannot know is filled in. */
enum identity_refusal decide_user_new(const struct identity *s, struct identity_record *r);
enum identity_refusal decide_user_gone(const struct identity *s, uint16_t user,
                                       struct identity_record *out_record);
/* A change of one that is there: fills the record with it as it is. */
void record_of_user(const struct identity *s, uint16_t user, struct identity_record *out_record);
void record_of_machine(const struct identity *s, uint16_t machine,
                       struct identity_record *out_record);
enum identity_refusal decide_machine_new(const struct identity *s, struct identity_record *r);
/* Whether the key may be used, for `right`, at that time (0: not known). */
enum identity_refusal machine_may(const struct identity *s, uint16_t machine, uint32_t right,
                                  int64_t now);
/* `parent`: NOBODY, or the session that it is attached to. */
enum identity_refusal decide_session_new(const struct identity *s, struct identity_record *r);
enum identity_refusal decide_note(const struct identity *s, struct identity_record *r);
