/*
 * server.h - the keystore: the state of its disk, the keys while it is unlocked, and keys in use.
 */
#pragma once
#include "blockdev.h"
#include "idl/keystore.h"
#include "journal.h"
#include "keys.h"
#include "service.h"

enum { KIND_KEY = 3, KIND_INNER }; /* of badges, behind BADGE_KIND_CONTROL, BADGE_KIND_SPACE */
enum { HANDLES_MAX = 256, HANDLES_SPARE = 16, HANDLES_OF_INNER = 32, INNERS_MAX = 128 };
enum { PASSPHRASE_LEAST = 12, PASSPHRASE_MOST = 256 };

struct handle {     /* a Key that somebody holds */
    uint64_t badge; /* 0: free */
    uint32_t generation;
    uint32_t entry, version; /* of the key */
    uint64_t through;        /* the badge of the inner space that it was opened in, or 0 */
};

struct inner {      /* a space within another that somebody holds */
    uint64_t badge; /* 0: free */
    uint32_t generation;
    struct keys_space space; /* its number 0: it was closed */
};

struct server {
    struct service service;
    struct blockdev disk;
    char serial[21];
    bool unattended;
    enum keystore_state state;
    struct journal journal;
    struct keys keys; /* while it is open */
    uint64_t records; /* read and added since it was opened */
    struct handle handles[HANDLES_MAX];
    uint32_t handles_used;
    struct inner inners[INNERS_MAX];
    uint32_t inners_used;
    struct change change;             /* of the request at hand, wiped after it */
    uint8_t packed[CHANGE_BYTES_MAX]; /* the same */
};
extern struct server server;

/* open.c */
/* At the disk. `unattended`: it may unlock itself. */
void server_look(struct server *s, bool unattended);
void server_close(struct server *s);
int server_setup(struct server *s, struct data passphrase);
int server_unlock(struct server *s, struct data passphrase);
int server_change_passphrase(struct server *s, struct data old, struct data next);
int server_unattended(struct server *s, bool on);

/* commit.c: s->change is checked, durable, and applied; 0, or an error of Keystore. */
int server_commit(struct server *s);
/* All changes of the journal, whose key is known, in their order. */
enum journal_error server_fold(struct server *s);
int server_error(enum journal_error e);

/* space.c, use.c */
int space_serve(struct request *rq);
int key_serve(struct request *rq);
/* 0, or why the asker has no keys at all, or none now. */
int space_may_ask(const struct request *rq, struct keys_space *out_space);

/* handles.c */
/* The key that a handle names; NULL: it is gone. */
const struct key *handle_key(const struct server *s, uint64_t badge);
/* Whether it is a Key, or an inner space, that this process gave away. */
bool handle_is_ours(const struct server *s, uint64_t badge);
bool inner_is_ours(const struct server *s, uint64_t badge);
/* Nobody has it any more. */
void badge_gone(struct server *s, uint64_t badge);
/* 0 and a capability for the answer, or KEYSTORE_NO_ROOM. */
int handle_open(const struct request *rq, const struct key *key, struct cap_arg *out);
int inner_open(const struct request *rq, const struct keys_space *space, struct cap_arg *out);
/* It and all Keys opened through it name nothing any more. */
void inner_close(struct server *s, uint64_t badge);

/* vault.c */
int vault_serve(struct request *rq);
