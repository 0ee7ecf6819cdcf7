/*
 * server.h - the keystore: the state of its disk, the keys while it is unlocked, and keys in use.
 */
#pragma once
#include "blockdev.h"
#include "idl/keystore.h"
#include "journal.h"
#include "keys.h"
#include "service.h"

enum { KIND_KEY = 3 }; /* of badges, behind BADGE_KIND_CONTROL and BADGE_KIND_SPACE */
enum { HANDLES_MAX = 256, HANDLES_SPARE = 16 };
enum { PASSPHRASE_LEAST = 12, PASSPHRASE_MOST = 256 };

struct handle {     /* a Key that somebody holds */
    uint64_t badge; /* 0: free */
    uint32_t generation;
    uint32_t entry, version; /* of the key */
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
/* The key that a handle names; NULL: it is gone. */
const struct key *handle_key(const struct server *s, uint64_t badge);
bool handle_is_ours(const struct server *s, uint64_t badge);
void handle_close(struct server *s, uint64_t badge);

/* vault.c */
int vault_serve(struct request *rq);
