/* server.h - what the files of the permission server share, but for the state machine. */
#pragma once
#include "badge.h"
#include "idl/permission.h"
#include "service_log.h"
#include "state.h"

enum { KIND_SUBJECT = BADGE_KIND_CONTROL + 1 };
/* Numbers of what init keeps for this server: this and the grant's, or a subject's badge. */
#define KEEP_GRANT (1ull << 32)

struct server {
    struct permission state;
    cap_t contacts[SUBJECTS_MAX]; /* a notification each, or 0; init keeps another */
    /* What is given out are copies of these, which are copies of what init keeps, so that the next
     * process can take them back, too; 0: they have ended. */
    cap_t anchors[GRANTS_MAX];
    cap_t time, identity, timer;
    cap_t files, changed;                       /* the latter signals SIGNAL_FILES */
    cap_t root_watch, folder_watch, file_watch; /* 0: none */
    uint64_t file_inode;                        /* that file_watch is of */
    uint32_t problem;
    uint16_t subject; /* that the capability of the present request stands for */
    struct permission_record record;
};

extern struct service_log server_log;
extern const struct permission_ops server_permission_ops;
extern const struct subject_ops server_subject_ops;

static inline uint64_t subject_badge(uint32_t generation, uint32_t index)
{
    return badge_make(KIND_SUBJECT, (uint32_t)server_log.boot, generation, index);
}

static inline struct server *server_of(struct request *rq)
{
    return request_service(rq)->state;
}

int32_t server_minute(struct server *s); /* of the day; -1: not known */
void server_commit(struct service *svc, const struct permission_record *r);
void server_event(struct service *svc, const struct event *e);

/* grants.c */
/* The object's capability among the server's own, or 0. */
cap_t object_find(const char *name);
/* What the server's capability to it carries. */
uint32_t object_rights(const char *name);
/* Ends it: the capability is revoked, its holder told, the history knows. */
void grant_end(struct service *svc, uint16_t grant, enum event_kind why);
void grants_expire(struct service *svc);
/* The clock is to wake the server when the next one ends, or at `also`, uptime in ms, if not 0. */
void timer_set_next(struct service *svc, uint64_t also);
void timer_open(struct service *svc);
/* After a restart: what init keeps is had again, and what it keeps in vain is ended. */
void grants_resume(struct service *svc);
int on_request(struct request *rq, const struct subject_request_in *in,
               struct subject_request_out *out);
int on_release(struct request *rq, const struct subject_release_in *in);

/* policies.c */
enum { SIGNAL_FILES = 2 };
/* The file of the policy is read if it is another, and watched from now on. */
void policy_look(struct service *svc);
int on_set_policy(struct request *rq, const struct permission_set_policy_in *in,
                  struct permission_set_policy_out *out);
int on_policy(struct request *rq, const struct permission_policy_in *in,
              struct permission_policy_out *out);
int on_rule(struct request *rq, const struct permission_rule_in *in,
            struct permission_rule_out *out);

/* subjects.c */
static inline uint64_t subject_key(const struct server *s, uint16_t subject)
{
    return subject_badge(s->state.subjects[subject].generation, subject);
}
void contact_tell(struct service *svc, uint16_t subject, const struct notice *notice);
/* After a restart: who has something to hear is signalled. */
void contacts_resume(struct server *s);
void subject_end(struct service *svc, uint16_t subject);
