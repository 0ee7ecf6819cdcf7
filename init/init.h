/*
 * init.h - the state of PID 1, and what its files call of each other.
 *
 * init keeps: Self, Boot, its own endpoint, the endpoints of the services (on its account, so that
 * they outlive the processes) and a process object of each that runs. It keeps no device: handlers
 * and ports go to the driver in the moment in which they are made.
 */
#pragma once
#include "description.h"
#include "idl/axiom.h"
#include "idl/registry.h"
#include "image.h"
#include "out.h"
#include "service.h"
#include "supervise.h"

enum {
    BADGE_ASKER = 1, /* kinds of badges on init's endpoint; the index is the service's number */
    BADGE_FAULT = 2,
    SIGNAL_EXIT = 1, /* bits of init's notification */
    SIGNAL_TICK = 2,
    NAMES_MAX = 16,
    NEWS_BYTES = 7600, /* two answers of Registry.news */
    NEWS_ANSWER_MAX = 3800,
    KEPT_MAX = 384,
    KEPT_EACH = 200, /* three for each of identity's 64 sessions */
};

struct running { /* one service of the description */
    struct supervised life;
    cap_t endpoint; /* unbadged, or 0: it provides nothing */
    cap_t process;  /* 0: none runs */
    cap_t told;     /* signals "a service you use was started again", or 0 */
    uint32_t pid;
    bool ready_before;
    bool cut;             /* nobody could stand in for it: its clients' capabilities are revoked */
    uint64_t ready_ticks; /* first time */
};

struct name {      /* registered at run time */
    char text[32]; /* empty: free */
    cap_t service;
    uint32_t owner; /* number of the service */
};

struct kept { /* what a service could not hold itself: it outlives its process */
    uint64_t number;
    cap_t slot;     /* 0: free */
    uint32_t owner; /* number of the service */
};

struct init {
    struct service service;
    struct description description;
    struct image image;
    struct running running[DESCRIPTION_SERVICES_MAX];
    struct name names[NAMES_MAX];
    struct kept kept[KEPT_MAX];
    cap_t exit_source, tick_source; /* to init's notification */
    cap_t arm, arm_source;          /* the timer's: to wait on, to signal */
    cap_t answer_slot;              /* what the last answer carried; dropped before the next one */
    cap_t prepared[DESCRIPTION_GRANTS_MAX]; /* only while a service is started */
    bool timer_armed;
    uint64_t tick_hz, main_ticks, up_ticks, prompt_ticks;
    char news[NEWS_BYTES];
    struct out news_out;
};

uint64_t init_now_ms(const struct init *in);

/* start.c */
void start_prepare(struct init *in); /* endpoints of all that provide something */
void start_ready(struct init *in);   /* all whose needs are ready, and whose time has come */
void start_stop(struct init *in, uint32_t number, int code);
void start_restart(struct init *in, uint32_t number);
void start_unhealthy(struct init *in, uint32_t number, bool silent);
void start_became_ready(struct init *in, uint32_t number);
void start_check_ends(struct init *in); /* after SIGNAL_EXIT */
/* Ends the service's account of its process: it is dead already. */
void start_ended(struct init *in, uint32_t number, const char *why);

/* grants.c: what the description gives to a service, put into its process before it runs. */
enum { GRANT_CAPS_MAX = DESCRIPTION_GRANTS_MAX + 6 };
struct spawn_cap;
uint32_t grants_name(struct init *in, uint32_t number, struct spawn_cap *out_caps);
int grants_give(struct init *in, uint32_t number, cap_t process, uint32_t pid);

/* names.c */
int names_dispatch(struct init *in, struct request *rq);
void names_forget(struct init *in, uint32_t owner);

/* kept.c */
int on_keep(struct request *rq, const struct registry_keep_in *in, struct registry_keep_out *out);
int on_kept(struct request *rq, const struct registry_kept_in *in, struct registry_kept_out *out);
int on_unkeep(struct request *rq, const struct registry_unkeep_in *in);
int on_keeping(struct request *rq, const struct registry_keeping_in *in,
               struct registry_keeping_out *out);
/* All that is kept for the service ends. */
void kept_forget(struct init *in, uint32_t owner);

/* faults.c */
int faults_handle(struct init *in, struct request *rq);
void news_add(struct init *in, const char *text);

/* banner.c */
void banner_text(const struct init *in, struct out *o);
void banner_json(const struct init *in, struct out *o);
