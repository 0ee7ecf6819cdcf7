/*
 * remote.c - paths that other servers answer, without waiting for any of them.
 *
 * Nothing is called: a provider's `next` waits here until somebody asks, and the asker's call waits
 * until the provider has answered, is gone, or has been silent for too long. Of each there is a
 * bound, so that one slow server takes no more than its share of the calls that may wait at once.
 * None of it is state: with this process the calls end, and both sides ask again.
 */
#include "bytes.h"
#include "server.h"
#include "startup.h"

enum { PENDING_MAX = 8, PENDING_OF_ONE = 4, PROVIDERS_MAX = 4, SILENT_SECONDS = 2 };

static struct pending {
    bool used, asked;
    uint8_t method;
    uint16_t provider;
    uint32_t id;
    uint64_t token, deadline;
    uint64_t offset;
    uint32_t count, path_len, after_len;
    char path[PATH_MAX_BYTES];
    char after[PATH_NAME_MAX];
} pendings[PENDING_MAX];
static uint32_t pendings_used; /* each request asks whether there are any */

static struct waiting { /* a provider's `next` */
    bool used;
    uint16_t provider;
    uint64_t token;
} waitings[PROVIDERS_MAX];

static uint32_t last_id;

static struct waiting *waiting_of(uint16_t provider)
{
    for (uint32_t i = 0; i < PROVIDERS_MAX; i++) {
        if (waitings[i].used && waitings[i].provider == provider) return &waitings[i];
    }
    return NULL;
}

static void pending_end(struct pending *p)
{
    p->used = false;
    pendings_used--;
}

/* The answer's error to whoever waits; each method's answer is its own. */
static void fail(struct pending *p, int err)
{
    struct file_read_out read = {0};
    struct file_stat_out file_stat = {0};
    struct directory_stat_out stat = {0};
    static struct directory_list_out list; /* too large for a stack */

    pending_end(p);
    switch ((enum remote_method)p->method) {
    case REMOTE_READ:
        (void)file_read_answer(p->token, err, &read);
        break;
    case REMOTE_FILE_STAT:
        (void)file_stat_answer(p->token, err, &file_stat);
        break;
    case REMOTE_STAT:
        (void)directory_stat_answer(p->token, err, &stat);
        break;
    case REMOTE_LIST:
        (void)directory_list_answer(p->token, err, &list);
        break;
    }
}

static enum vfs_what what_of(const struct pending *p)
{
    if (p->method == REMOTE_READ) return VFS_WHAT_READ;
    return p->method == REMOTE_LIST ? VFS_WHAT_LIST : VFS_WHAT_STAT;
}

static void request_fill(struct pending *p, struct provider_next_out *out)
{
    p->asked = true;
    out->id = p->id;
    out->what = what_of(p);
    out->path = text_from(p->path, p->path_len);
    out->after = text_from(p->after, p->after_len);
    out->offset = p->offset;
    out->count = p->count;
}

/* A free place; the provider has at most its share of them. */
static struct pending *place_for(uint16_t provider)
{
    struct pending *place = NULL;
    uint32_t of_one = 0;

    for (uint32_t i = 0; i < PENDING_MAX; i++) {
        if (!pendings[i].used) {
            place = &pendings[i];
        } else if (pendings[i].provider == provider) {
            of_one++;
        }
    }
    return of_one < PENDING_OF_ONE ? place : NULL;
}

int remote_ask(struct request *rq, const struct remote *ask)
{
    const struct vfs *v = &server_of(rq)->vfs;
    uint16_t provider = v->mounts[ask->mount].provider;
    if (provider == VFS_NO_OPEN) return DIRECTORY_GONE;
    struct pending *p = place_for(provider);
    if (p == NULL) return DIRECTORY_BUSY;

    pendings_used++;
    *p = (struct pending){.used = true,
                          .method = ask->method,
                          .provider = provider,
                          .id = ++last_id,
                          .token = rq->token,
                          .deadline = ticks_now() + SILENT_SECONDS * startup_page()->tick_hz,
                          .offset = ask->offset,
                          .count = ask->count,
                          .path_len = ask->path.len,
                          .after_len = ask->after.len};
    memcpy(p->path, ask->path.at, ask->path.len);
    memcpy(p->after, ask->after.at, ask->after.len);
    struct waiting *w = waiting_of(provider);
    if (w != NULL) {
        struct provider_next_out out;
        request_fill(p, &out);
        w->used = false;
        (void)provider_next_answer(w->token, OK, &out);
    }
    return REPLY_LATER;
}

void remote_gone(uint16_t provider)
{
    struct waiting *w = waiting_of(provider);

    if (w != NULL) w->used = false; /* its caller ended with its last capability */
    for (uint32_t i = 0; i < PENDING_MAX; i++) {
        if (pendings[i].used && pendings[i].provider == provider)
            fail(&pendings[i], DIRECTORY_GONE);
    }
}

void remote_look(void)
{
    uint64_t now = 0;

    for (uint32_t i = 0; pendings_used > 0 && i < PENDING_MAX; i++) {
        struct pending *p = &pendings[i];
        if (!p->used || startup_page()->tick_hz == 0) continue;
        if (now == 0) now = ticks_now();
        if (now >= p->deadline) fail(p, DIRECTORY_SILENT);
    }
}

/* Provider. */

static int on_next(struct request *rq, struct provider_next_out *out)
{
    uint16_t provider = server_of(rq)->open;
    struct pending *oldest = NULL;

    if (waiting_of(provider) != NULL) return PROVIDER_BUSY;
    for (uint32_t i = 0; i < PENDING_MAX; i++) {
        struct pending *p = &pendings[i];
        if (!p->used || p->asked || p->provider != provider) continue;
        if (oldest == NULL || p->id < oldest->id) oldest = p;
    }
    if (oldest != NULL) {
        request_fill(oldest, out);
        return OK;
    }
    for (uint32_t i = 0; i < PROVIDERS_MAX; i++) {
        if (waitings[i].used) continue;
        waitings[i] = (struct waiting){.used = true, .provider = provider, .token = rq->token};
        return REPLY_LATER;
    }
    return PROVIDER_BUSY;
}

/* What this provider was asked under that number, and has not answered yet. */
static struct pending *pending_of(struct request *rq, uint32_t id)
{
    for (uint32_t i = 0; i < PENDING_MAX; i++) {
        struct pending *p = &pendings[i];
        if (p->used && p->asked && p->id == id && p->provider == server_of(rq)->open) return p;
    }
    return NULL;
}

static int on_data(struct request *rq, const struct provider_data_in *in)
{
    struct pending *p = pending_of(rq, in->id);

    if (p == NULL || p->method != REMOTE_READ) return PROVIDER_NO_REQUEST;
    uint32_t len = in->data.len < p->count ? in->data.len : p->count;
    pending_end(p);
    (void)file_read_answer(p->token, OK, &(struct file_read_out){data_from(in->data.at, len)});
    return OK;
}

static int on_stat(struct request *rq, const struct provider_stat_in *in)
{
    struct pending *p = pending_of(rq, in->id);

    if (p == NULL || what_of(p) != VFS_WHAT_STAT) return PROVIDER_NO_REQUEST;
    pending_end(p);
    if (p->method == REMOTE_STAT) {
        (void)directory_stat_answer(p->token, OK, &(struct directory_stat_out){in->stat});
    } else {
        (void)file_stat_answer(p->token, OK, &(struct file_stat_out){in->stat});
    }
    return OK;
}

static int on_list(struct request *rq, const struct provider_list_in *in)
{
    struct pending *p = pending_of(rq, in->id);
    static struct directory_list_out out; /* too large for a stack */

    if (p == NULL || p->method != REMOTE_LIST) return PROVIDER_NO_REQUEST;
    /* A name from there means no more than one of a directory here. */
    for (uint32_t i = 0; i < in->entries.count; i++) {
        const struct text name = in->entries.at[i].name;
        if (!path_name_is_valid(name.at, name.len)) return PROVIDER_NO_REQUEST;
        out.entries.at[i] = in->entries.at[i];
    }
    out.entries.count = in->entries.count;
    out.more = in->more;
    pending_end(p);
    (void)directory_list_answer(p->token, OK, &out);
    return OK;
}

static int on_fail(struct request *rq, const struct provider_fail_in *in)
{
    static const int errors[] = {DIRECTORY_NOT_FOUND, DIRECTORY_NOT_DIRECTORY,
                                 DIRECTORY_IS_DIRECTORY, DIRECTORY_DENIED};
    struct pending *p = pending_of(rq, in->id);

    if (p == NULL) return PROVIDER_NO_REQUEST;
    fail(p, errors[in->why]);
    return OK;
}

const struct provider_ops server_provider_ops = {
    .next = on_next,
    .data = on_data,
    .stat = on_stat,
    .list = on_list,
    .fail = on_fail,
};
