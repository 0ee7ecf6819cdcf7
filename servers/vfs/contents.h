/*
 * contents.h - contents between memory and the chunk store: what is fetched, what is stored and
 * when, who waits for it, and what may go.
 */
#pragma once
#include "server.h"
#include "store.h"

enum { SIGNAL_STORE = 1 }; /* bit of the service's notification */

/* After service_recover(). */
void contents_begin(struct service *svc);
/* The service's signals: a job was done, or the stream has become durable. */
void contents_signal(struct service *svc, uint64_t bits);
/* Begins what there is to do; called before each request. */
void contents_turn(struct service *svc);

/* A tree is copied: what is marked already may be the only place of what a sweep has not seen. */
void contents_cloned(void);

struct contents_figures {
    const char *why; /* nothing is stored; "": all is well */
    struct chunks_figures chunks;
    uint64_t fetched, stored; /* blocks, by this process */
    uint32_t sweeps;
};
void contents_figures(struct contents_figures *out);

/* waiting.c: calls that are answered later; their handlers return what these return. */
int contents_read_later(struct request *rq, const struct file_read_in *in);
/* As File.get: its first block is missing. */
int contents_get_later(struct request *rq, const struct file_get_in *in);
/* True: too much is dirty, but it will be less. */
bool contents_write_waits(const struct server *s);
int contents_write_later(struct request *rq, uint64_t offset, const struct vfs_record *r);
/* Until all that is dirty now is stored. */
int contents_flush_later(struct request *rq);
int contents_verify_later(struct request *rq, uint64_t from);
/* Until all of it is stored, and so has a name. */
int contents_identify_later(struct request *rq, uint32_t node);
bool contents_log_is_roomy(void);
/* True: as many of the bytes as are whole blocks had better not go through the log. */
bool contents_may_place(const struct server *s, const struct file_put_in *in);
int contents_put_later(struct request *rq, const struct file_put_in *in);
