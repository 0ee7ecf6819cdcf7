/*
 * policies.c - the policy as a file: /policy/permission, read whenever it changes.
 *
 * What stands there is in force if it can be read as a policy; if not, the policy from before is,
 * and the state says why. There may be no such file. The folder is the system's, as "/" is, so no
 * user makes or writes it; a file that is somebody's, or that all may write, is not believed.
 */
#include "bytes.h"
#include "idl/vfs.h"
#include "panic.h"
#include "server.h"
#include "slots.h"
#include "startup.h"

enum { MODE_WORLD_WRITE = 1, PROBLEM_AWAY = 255 /* none of the file's: ask again */ };

static const char folder[] = "/policy", path[] = "/policy/permission", fresh[] = "/policy/.new";
static char read_text[POLICY_BYTES + 1];

static struct text text_of(const char *text)
{
    return text_from(text, strlen(text));
}

/* Counts what comes from now on; 0: there is no such thing. */
static cap_t watch_open(struct server *s, const char *what)
{
    const struct directory_watch_in in = {.path = text_of(what)};
    struct directory_watch_out out = {.watch = {.slot = slot_alloc()}};
    const struct watch_arm_in arm = {.notification = {.slot = s->changed, .rights = RIGHT_WRITE}};
    struct watch_arm_out armed;
    int err = out.watch.slot == 0 ? ERR_NO_MEMORY : directory_watch(s->files, &in, &out);

    if (err == OK && watch_arm(out.watch.slot, &arm, &armed) == OK) return out.watch.slot;
    slot_discard(out.watch.slot);
    return 0;
}

static void watch_close(cap_t *watch)
{
    slot_discard(*watch);
    *watch = 0;
}

/* One of a file server that was started again signals no more. */
static bool watch_lives(cap_t watch)
{
    struct watch_changes_out out;

    return watch != 0 && watch_changes(watch, &out) == OK && out.armed;
}

/* Not the file server's answer: it has ended, or its end is in the way. */
static bool is_away(int err)
{
    return err != OK && err < DIRECTORY_NOT_FOUND;
}

static int path_stat(struct server *s, struct directory_stat_out *out)
{
    uint32_t tries = 0;
    int err;

    do {
        err = directory_stat(s->files, &(struct directory_stat_in){.path = text_of(path)}, out);
    } while (call_again(err, &tries));
    return err;
}

/* What is watched: the file, if there is one, its folder, or else where that would be. */
static void watches_renew(struct server *s)
{
    struct directory_stat_out out;
    bool there = path_stat(s, &out) == OK;

    if (!watch_lives(s->folder_watch)) {
        watch_close(&s->folder_watch);
        s->folder_watch = watch_open(s, folder);
    }
    if (s->folder_watch == 0 && !watch_lives(s->root_watch)) {
        watch_close(&s->root_watch);
        s->root_watch = watch_open(s, "/");
    }
    if (!there || out.stat.inode != s->file_inode || !watch_lives(s->file_watch)) {
        watch_close(&s->file_watch);
        s->file_watch = there ? watch_open(s, path) : 0;
        s->file_inode = there ? out.stat.inode : 0;
    }
}

static int text_read(struct server *s, uint32_t *out_len)
{
    const struct directory_open_in how = {.path = text_of(path)};
    struct directory_open_out file = {.file = {.slot = slot_alloc()}};
    struct file_read_out out;
    int err = file.file.slot == 0 ? ERR_NO_MEMORY : directory_open(s->files, &how, &file);

    *out_len = 0;
    while (err == OK && *out_len <= POLICY_BYTES) {
        const struct file_read_in in = {.offset = *out_len, .count = POLICY_BYTES + 1 - *out_len};
        err = file_read(file.file.slot, &in, &out);
        if (err != OK || out.data.len == 0) break;
        memcpy(read_text + *out_len, out.data.at, out.data.len);
        *out_len += out.data.len;
    }
    slot_discard(file.file.slot);
    return err;
}

static void policy_take(struct service *svc, const char *text, uint32_t len,
                        const struct policy *read, const char *from)
{
    struct server *s = svc->state;
    struct event e = {.at = startup_uptime_ms(),
                      .kind = EVENT_POLICY,
                      .code = policy_change(&s->state.policy, read)};

    memcpy(e.subject, from, strlen(from));
    s->record = (struct permission_record){.type = RECORD_POLICY};
    s->record.policy.bytes = len;
    memcpy(s->record.policy.text, text, len);
    server_commit(svc, &s->record);
    server_event(svc, &e);
}

/* Kept with the state, so that it is told once. */
static void problem_set(struct service *svc, const struct problem *p)
{
    struct server *s = svc->state;
    const struct problem *was = &s->state.problem;
    struct event e = {.at = startup_uptime_ms(), .kind = EVENT_BAD_POLICY, .line = p->line};

    if (was->why == p->why && was->line == p->line && was->column == p->column) return;
    s->record = (struct permission_record){.type = RECORD_PROBLEM, .problem = *p};
    server_commit(svc, &s->record);
    if (p->why == PROBLEM_NONE) return;
    e.code = p->why == PROBLEM_LINE ? p->column : p->why | PROBLEM_BIT;
    memcpy(e.subject, path, sizeof(path));
    server_event(svc, &e);
}

static struct problem file_check(struct server *s, uint32_t *out_len, struct policy *out_policy)
{
    struct directory_stat_out out;
    int err = path_stat(s, &out);

    if (is_away(err)) return (struct problem){.why = PROBLEM_AWAY};
    if (err != OK || out.stat.kind != VFS_STAT_KIND_FILE) {
        return (struct problem){.why = PROBLEM_UNREADABLE};
    }
    if (out.stat.owner != 0 || (out.stat.mode & MODE_WORLD_WRITE) != 0) {
        return (struct problem){.why = PROBLEM_OWNER};
    }
    err = text_read(s, out_len);
    if (is_away(err)) return (struct problem){.why = PROBLEM_AWAY};
    if (err != OK) return (struct problem){.why = PROBLEM_UNREADABLE};
    if (*out_len > POLICY_BYTES) return (struct problem){.why = PROBLEM_LONG};
    uint32_t line = policy_read(read_text, *out_len, out_policy);
    if (line == 0) return (struct problem){0};
    return (struct problem){.why = PROBLEM_LINE, .line = line, .column = out_policy->column};
}

void policy_look(struct service *svc)
{
    static struct policy read;
    struct server *s = svc->state;
    struct directory_stat_out stat;
    uint32_t len;

    if (s->files == 0) s->files = startup_cap("files");
    if (s->changed == 0 && service_signal_source(svc, SIGNAL_FILES, &s->changed) != OK) {
        PANIC("no notification");
    }
    watches_renew(s);
    int err = path_stat(s, &stat);
    if (is_away(err)) return; /* it is told when the file server is back */
    struct problem p = {0};
    if (err == OK) p = file_check(s, &len, &read);
    if (p.why == PROBLEM_AWAY) return;
    if (err != OK && err != DIRECTORY_NOT_FOUND) p.why = PROBLEM_UNREADABLE;
    bool same = err == OK && p.why == PROBLEM_NONE && len == s->state.policy_bytes &&
                memcmp(read_text, s->state.policy_text, len) == 0;
    if (err == OK && p.why == PROBLEM_NONE && !same) policy_take(svc, read_text, len, &read, path);
    service_apply(svc);
    problem_set(svc, &p);
    service_apply(svc);
}

/* Another file takes its place, so that nobody sees half of it. Done twice it is the same. */
static int file_replace_once(struct server *s, struct text text)
{
    const struct directory_open_in how = {
        .path = text_of(fresh), .create = true, .truncate = true, .write = true};
    struct directory_open_out file = {.file = {.slot = slot_alloc()}};
    struct file_write_out out;
    int err = directory_mkdir(s->files, &(struct directory_mkdir_in){.path = text_of(folder)});

    if (err == OK || err == DIRECTORY_EXISTS) err = directory_open(s->files, &how, &file);
    if (err == OK && text.len > 0) {
        const struct file_write_in in = {.data = data_from(text.at, text.len)};
        err = file_write(file.file.slot, &in, &out);
    }
    slot_discard(file.file.slot);
    if (err != OK) return err;
    return directory_rename(
        s->files, &(struct directory_rename_in){.source = text_of(fresh), .target = text_of(path)});
}

static int file_replace(struct server *s, struct text text)
{
    uint32_t tries = 0;
    int err;

    do {
        err = file_replace_once(s, text);
    } while (call_again(err, &tries));
    return err;
}

/* Read before anything changes: what is no policy changes nothing. The file comes first: if this
 * process ends before the stream has it, the next one reads it there. */
int on_set_policy(struct request *rq, const struct permission_set_policy_in *in,
                  struct permission_set_policy_out *out)
{
    static struct policy read;
    static char text[POLICY_BYTES]; /* the message page is used again for the file */
    struct server *s = server_of(rq);

    if (!badge_is_control(rq->badge)) return PERMISSION_DENIED;
    memcpy(text, in->text.at, in->text.len);
    out->line = s->problem = policy_read(text, in->text.len, &read);
    out->column = read.column;
    if (out->line != 0) return OK;
    if (file_replace(s, text_from(text, in->text.len)) != OK) return PERMISSION_NO_FILE;
    policy_take(request_service(rq), text, in->text.len, &read, "by hand");
    return OK;
}

int on_policy(struct request *rq, const struct permission_policy_in *in,
              struct permission_policy_out *out)
{
    const struct permission *p = &server_of(rq)->state;
    uint32_t at = in->offset < p->policy_bytes ? in->offset : p->policy_bytes;

    out->text = text_from(p->policy_text + at, p->policy_bytes - at);
    out->rules = p->policy.count;
    out->problem = (enum permission_problem)p->problem.why;
    out->line = p->problem.line;
    out->column = p->problem.column;
    return OK;
}

int on_rule(struct request *rq, const struct permission_rule_in *in,
            struct permission_rule_out *out)
{
    const struct permission *p = &server_of(rq)->state;

    if (in->index >= p->policy.count) return PERMISSION_NO_RULE;
    out->line = p->policy.rules[in->index].line;
    out->since = p->since[in->index];
    out->more = in->index + 1 < p->policy.count;
    return OK;
}
