/* server.h - what the files of the identity server share, but for state and keys. */
#pragma once
#include "badge.h"
#include "idl/identity.h"
#include "keys.h"
#include "nonces.h"
#include "service_log.h"
#include "state.h"
#include "vault.h"

enum { KIND_SESSION = BADGE_KIND_CONTROL + 1 };
enum {
    TRIES_MAX = 5, /* wrong passwords in a row, after which none is taken for TRIES_PAUSE_MS */
    TRIES_PAUSE_MS = 30000,
};
#define SESSION_LIFE_MS 86400000ull /* 24 hours */

struct tries {
    uint32_t wrong;
    uint64_t until; /* uptime in ms */
};

struct server {
    struct identity state;
    struct nonces nonces;
    struct tries tries[USERS_MAX];
    /* What a session's capabilities are copies of, and its files': themselves copies of what init
     * keeps (keep.h), so that the next process ends them, too. 0: there is none. */
    cap_t anchors[SESSIONS_MAX];
    cap_t roots[SESSIONS_MAX];
    cap_t spaces[SESSIONS_MAX]; /* and of the user's keys */
    cap_t random, time, files;
    struct gone gone;
    bool sweep;       /* the keystore may have what nobody needs any more */
    bool sweep_later; /* it was locked: again at the next login */
    uint16_t session; /* that the capability of the present request stands for */
    struct identity_record record;
    struct shards_shown shown; /* until the answer has been made */
    char ephemeral[NAME_BYTES + 1], image[NAME_BYTES + 1], explicit_[NAME_BYTES + 1];
};

extern struct service_log server_log;
extern const struct user_session_ops server_session_ops;

static inline uint64_t session_badge(uint32_t generation, uint32_t index)
{
    return badge_make(KIND_SESSION, (uint32_t)server_log.boot, generation, index);
}

static inline struct server *server_of(struct request *rq)
{
    return request_service(rq)->state;
}

/* main.c */
int64_t server_unix(struct server *s); /* 0: not known */
static inline int error_of(enum identity_refusal no)
{
    return no == ID_OK ? OK : IDENTITY_DENIED + (int)no - ID_DENIED;
}
void server_commit(struct request *rq, const struct identity_record *r);
void server_gone(struct server *s, const struct user *u); /* its keys go, if it is no user then */

/* people.c */
void user_fill(const struct server *s, uint16_t user, struct identity_user *out_user);
void machine_fill(const struct server *s, uint16_t machine, struct identity_machine *out_machine);
struct text text_of(const char *text);
/* The key under the password, if that opens the user's shares; counts wrong ones. */
enum identity_refusal server_master(struct server *s, uint16_t user, struct text password,
                                    uint8_t out_master[MASTER_BYTES]);
int on_create(struct request *rq, const struct identity_create_in *in,
              struct identity_create_out *out);
int on_get(struct request *rq, const struct identity_get_in *in, struct identity_get_out *out);
int on_list(struct request *rq, const struct identity_list_in *in, struct identity_list_out *out);
int on_remove(struct request *rq, const struct identity_remove_in *in);
int on_lock(struct request *rq, const struct identity_lock_in *in);
int on_recover(struct request *rq, const struct identity_recover_in *in,
               struct identity_recover_out *out);

/* sessions.c */
/* Numbers of what init keeps: a session's badge, and its files' root. */
static inline uint64_t session_key(const struct server *s, uint32_t session)
{
    return session_badge(s->state.sessions[session].generation, session);
}
#define KEEP_ROOT (1ull << 62)
#define KEEP_SPACE (1ull << 61)
/* After a restart: what init keeps is had again; what it keeps in vain is ended. */
void sessions_resume(struct server *s);
/* The capabilities of the user's sessions, or of those that one machine key began, end now. */
void sessions_revoke(struct server *s, uint16_t user, uint16_t machine);
/* Those that nobody holds any more, and those whose time is over. */
void sessions_reap(struct service *svc);
enum identity_refusal session_begin(struct request *rq, const struct session *e,
                                    struct cap_arg *out_cap);

/* home.c */
int on_files(struct request *rq, struct user_session_files_out *out);
/* Nobody sees files through that session any more. */
void files_drop(struct server *s, uint32_t session);

/* space.c */
int on_keys(struct request *rq, struct user_session_keys_out *out);
/* Nobody uses the user's keys through that session any more. */
void space_drop(struct server *s, uint32_t session);

/* machines.c: methods of UserSession about machine keys. */
int on_machines(struct request *rq, const struct user_session_machines_in *in,
                struct user_session_machines_out *out);
int on_machine_create(struct request *rq, const struct user_session_machine_create_in *in,
                      struct user_session_machine_create_out *out);
int on_machine_enrol(struct request *rq, const struct user_session_machine_enrol_in *in,
                     struct user_session_machine_enrol_out *out);
int on_machine_rename(struct request *rq, const struct user_session_machine_rename_in *in);
int on_machine_rotate(struct request *rq, const struct user_session_machine_rotate_in *in,
                      struct user_session_machine_rotate_out *out);
int on_machine_revoke(struct request *rq, const struct user_session_machine_revoke_in *in);
int on_machine(struct request *rq, const struct identity_machine_in *in,
               struct identity_machine_out *out);

/* use.c: what machine keys are used for. */
/* By the keystore, or by the seed that the master opens. */
enum identity_refusal machine_sign(struct server *s, uint16_t machine, const uint8_t *master,
                                   const struct signed_text *text,
                                   uint8_t out_signature[SIGNATURE_BYTES]);
int on_session_sign(struct request *rq, const struct user_session_sign_in *in,
                    struct user_session_sign_out *out);
int on_agree(struct request *rq, const struct user_session_agree_in *in,
             struct user_session_agree_out *out);
int on_verify(struct request *rq, const struct identity_verify_in *in);
/* notes.c */
int on_credential_set(struct request *rq, const struct user_session_credential_set_in *in);
int on_preference_set(struct request *rq, const struct user_session_preference_set_in *in);
int on_notes(struct request *rq, const struct user_session_notes_in *in,
             struct user_session_notes_out *out);

/* login.c */
/* What the machine's signatures speak of. */
struct signer signer_of(const struct server *s, uint16_t machine);
int on_challenge(struct request *rq, const struct identity_challenge_in *in,
                 struct identity_challenge_out *out);
int on_login(struct request *rq, const struct identity_login_in *in,
             struct identity_login_out *out);
int on_sign(struct request *rq, const struct identity_sign_in *in, struct identity_sign_out *out);
int on_node(struct request *rq, struct identity_node_out *out);
int on_set_node(struct request *rq, const struct identity_set_node_in *in);
int on_whose(struct request *rq, const struct identity_whose_in *in,
             struct identity_whose_out *out);
int on_sessions(struct request *rq, const struct identity_sessions_in *in,
                struct identity_sessions_out *out);
