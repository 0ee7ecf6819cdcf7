/* logs.c - commands that ask the audit server. */
#include "logs.h"
#include "bytes.h"
#include "commands.h"
#include "idl/audit.h"
#include "idl/axiom.h"
#include "names.h"
#include "print.h"

#include "abi/log.h"
#include "service.h"
#include "trace.h"

enum {
    LOG_BATCH = 12,
    SYSLOG_BATCH = 14,
    LOG_USUAL = 20,
    UNANSWERED = 253, /* results of calls, beside labels: idl/audit.capnp */
    ANSWERED = 254,
    WAITS = 255,
    REQUEST = 16
};

int audit_failed(struct shell *sh, const char *what, int err)
{
    char boot[24];
    if (err == AUDIT_NO_BOOT) print_format(boot, sizeof(boot), "boot %u", sh->boot);
    return shell_failed(sh, err == AUDIT_NO_BOOT ? boot : what, AUDIT_ID,
                        sh->audit == 0 ? ERR_CAP_EMPTY : err);
}

bool audit_again(struct shell *sh, int err)
{
    return err == AUDIT_BEHIND && !shell_stopped(sh);
}

/* Answers lie in the message page, which printing may use: a batch is put together first. */
struct batch {
    char text[LOGS_BATCH_BYTES];
    struct out out;
};
static struct batch batch; /* of the command that runs */

static struct out *batch_start(void)
{
    batch.out = out_to(batch.text, sizeof(batch.text));
    return &batch.out;
}

static void batch_print(struct shell *sh)
{
    shell_bytes(sh, batch.out.at, batch.out.len);
}

static void place_print(struct out *o, const struct text *holder, uint32_t slot, uint64_t address)
{
    if (holder->len > 0) {
        out_print(o, " %.*s[%u]", (int)holder->len, holder->at, slot);
    } else if (address != 0) {
        out_print(o, " @%lx", address);
    }
}

void record_print(struct out *o, const struct audit_record *r)
{
    char rights[4];

    name_of_rights(r->rights, rights);
    out_print(o, "%7lu %-9s %-12s %s", r->seq, name_of_commit(r->op), name_of_type(r->type),
              rights);
    place_print(o, &r->dst_holder, r->dst_slot, r->dst);
    if (r->src != 0) {
        out_print(o, " from");
        place_print(o, &r->src_holder, r->src_slot, r->src);
    }
    if (r->op == COMMIT_GENESIS) out_print(o, " at boot");
    if (r->obj != 0) out_print(o, " obj %lx", r->obj);
    if (r->badge != 0) out_print(o, " badge %lx", r->badge);
    if (r->actor != 0) out_print(o, " by %.*s", (int)r->actor_name.len, r->actor_name.at);
    out_print(o, "\n");
}

static const struct trace_interface *interface_of(const struct audit_entry *e)
{
    return e->interface == 0 ? NULL : trace_interface_find(e->interface);
}

/* A label is a method where something is asked, a result where something is answered. */
static void label_print(struct out *o, const struct audit_entry *e)
{
    const struct trace_interface *interface = interface_of(e);
    bool answers = e->op == SYS_REPLY_RECV - SYS_BASE || e->op == SYS_REPLY - SYS_BASE;
    const char *name =
        answers ? trace_error_name(interface, e->label) : trace_method_name(interface, e->label);

    if (e->op == SYS_RECV - SYS_BASE || e->op == SYS_NB_RECV - SYS_BASE) return;
    if (answers && e->label == OK) return;
    if (interface != NULL && !answers) out_print(o, " %s.", interface->name);
    if (name != NULL && (answers || interface != NULL)) {
        out_print(o, "%s%s", answers ? " answers " : "", name);
    } else {
        out_print(o, "%s%u", answers ? " answers " : interface != NULL ? "" : " label ", e->label);
    }
}

static void syscall_what(struct out *o, const struct audit_entry *e)
{
    out_print(o, "%s", name_of_syscall(e->op));
    if (e->op == SYS_INVOKE - SYS_BASE) {
        out_print(o, " %s", name_of_operation(e->label));
    } else if (e->op <= SYS_REPLY - SYS_BASE) {
        label_print(o, e);
    }
    out_print(o, " slot %u, %u words, %u caps", e->slot, e->words, e->caps);
}

static void event_what(struct out *o, const struct audit_entry *e)
{
    if (e->kind == REQUEST) {
        struct trace_call call = {.interface = interface_of(e),
                                  .ordinal = e->label,
                                  .word_count = e->words,
                                  .cap_count = e->caps,
                                  .words = e->arguments.at,
                                  .kept = e->arguments.count < e->words ? e->arguments.count
                                                                        : e->words};
        trace_print_call(o, &call);
    } else if (e->kind == EVENT_SYSCALL) {
        syscall_what(o, e);
    } else {
        out_print(o, "%s %u", name_of_event(e->kind), e->slot);
    }
}

static void result_print(struct out *o, const struct audit_entry *e)
{
    bool answer = e->kind == REQUEST || e->op == SYS_CALL - SYS_BASE;
    const char *error = trace_error_name(answer ? interface_of(e) : NULL, e->result);

    if (e->result == WAITS) {
        error = "waits";
    } else if (answer && e->result == ANSWERED) {
        error = "answered";
    } else if (answer && e->result == UNANSWERED) {
        error = "no answer";
    }
    if (error != NULL) {
        out_print(o, " -> %s", error);
    } else {
        out_print(o, " -> %u", e->result);
    }
}

void entry_print(struct out *o, const struct audit_entry *e)
{
    out_print(o, "%8lu %-10.*s ", e->number, (int)e->process.len, e->process.at);
    event_what(o, e);
    if (e->kind == EVENT_SYSCALL || e->kind == REQUEST) result_print(o, e);
    out_print(o, "\n");
}

/* Prints commits [from, to). */
static int log_print(struct shell *sh, uint64_t from, uint64_t to)
{
    while (from < to && !shell_stopped(sh)) {
        struct audit_log_in in = {.from = from,
                                  .count =
                                      to - from < LOG_BATCH ? (uint32_t)(to - from) : LOG_BATCH,
                                  .boot = sh->boot};
        struct audit_log_out out;
        struct out *o = batch_start();
        int err;
        do {
            err = audit_log(sh->audit, &in, &out);
        } while (audit_again(sh, err));
        if (err != OK) return audit_failed(sh, "log", err);
        if (out.records.count == 0) break;
        for (uint32_t i = 0; i < out.records.count; i++) {
            record_print(o, &out.records.at[i]);
        }
        from += out.records.count;
        batch_print(sh);
    }
    return STATUS_OK;
}

static int log_follow(struct shell *sh, uint64_t from)
{
    struct audit_head_out head;

    while (!shell_stopped(sh)) {
        int err = audit_head(sh->audit, &(struct audit_head_in){sh->boot}, &head);
        if (err != OK) return audit_failed(sh, "log", err);
        if (head.commits > from) {
            err = log_print(sh, from, head.commits);
            if (err != STATUS_OK) return err;
            from = head.commits;
            shell_flush(sh);
        }
        sys_yield();
    }
    return STATUS_OK;
}

static void head_print(struct out *o, const struct data *head)
{
    for (uint32_t i = 0; i < head->len; i++) {
        out_print(o, "%02x", head->at[i]);
    }
}

static void boot_print(struct out *o, const struct audit_boot *b)
{
    out_print(o, "%5u  %8lu  ", b->number, b->commits);
    if (b->now) {
        out_print(o, "%-64s", "now");
    } else {
        head_print(o, &b->head);
    }
    out_print(o, "\n       before    ");
    head_print(o, &b->before);
    out_print(o, "\n");
}

int run_boots(struct shell *sh, int argc, char **argv)
{
    struct audit_boots_in in = {.from = 1};

    (void)argc;
    for (bool now = false; !now && !shell_stopped(sh);) {
        struct audit_boots_out out;
        struct out *o = batch_start();
        int err = audit_boots(sh->audit, &in, &out);
        if (err != OK) return audit_failed(sh, argv[0], err);
        if (in.from == 1) out_print(o, " BOOT   COMMITS  HEAD\n");
        for (uint32_t i = 0; i < out.boots.count; i++) {
            boot_print(o, &out.boots.at[i]);
            now = out.boots.at[i].now;
            in.from = out.boots.at[i].number + 1;
        }
        if (out.boots.count == 0) break;
        batch_print(sh);
    }
    return STATUS_OK;
}

int run_log(struct shell *sh, int argc, char **argv)
{
    uint64_t count = LOG_USUAL;
    bool follow = false, counted = false;
    struct self_sync_out synced;
    struct audit_head_out head;

    if (argc == 2 && strcmp(argv[1], "head") == 0) return log_head_show(sh);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--follow") == 0) {
            follow = true;
            continue;
        }
        if (counted) return shell_wrong(sh, "too many arguments");
        if (!shell_number(argv[i], &count)) return shell_wrong(sh, "COUNT is a number");
        counted = true;
    }
    if (follow && sh->boot != 0) return shell_wrong(sh, "only this boot goes on");
    (void)self_sync(CAP_SLOT_SELF, &synced);
    int err = audit_head(sh->audit, &(struct audit_head_in){sh->boot}, &head);
    if (err != OK) return audit_failed(sh, "log", err);
    uint64_t from = head.commits > count ? head.commits - count : 0;
    int status = log_print(sh, from, head.commits);
    return status == STATUS_OK && follow ? log_follow(sh, head.commits) : status;
}

int run_syslog(struct shell *sh, int argc, char **argv)
{
    uint64_t count = LOG_USUAL;
    struct self_sync_out synced;
    struct audit_head_out head;

    if (argc > 1 && !shell_number(argv[1], &count)) return shell_wrong(sh, "COUNT is a number");
    (void)self_sync(CAP_SLOT_SELF, &synced);
    int err = audit_head(sh->audit, &(struct audit_head_in){sh->boot}, &head);
    if (err != OK) return audit_failed(sh, "syslog", err);
    struct audit_syslog_in in = {.from = head.events > count ? head.events - count : 0};
    while (in.from < head.events && !shell_stopped(sh)) {
        struct audit_syslog_out out;
        struct out *o = batch_start();
        in.count = SYSLOG_BATCH;
        do {
            err = audit_syslog(sh->audit, &in, &out);
        } while (audit_again(sh, err));
        if (err != OK) return audit_failed(sh, "syslog", err);
        if (out.entries.count == 0) break;
        for (uint32_t i = 0; i < out.entries.count; i++) {
            entry_print(o, &out.entries.at[i]);
        }
        in.from = out.next;
        batch_print(sh);
    }
    return STATUS_OK;
}

int run_show(struct shell *sh, int argc, char **argv)
{
    struct audit_show_in in = {.boot = sh->boot};
    struct audit_show_out out;
    struct out *o = batch_start();

    (void)argc;
    if (!shell_number(argv[1], &in.seq)) return shell_wrong(sh, "SEQ is a number");
    int err;
    do {
        err = audit_show(sh->audit, &in, &out);
    } while (audit_again(sh, err));
    if (err != OK) return audit_failed(sh, argv[1], err);
    record_print(o, &out.record);
    out_print(o, "time %lu, depth %u, bits %u, flags %u, arguments %lx %lx\nhash ", out.record.time,
              out.record.depth, out.record.bits, out.record.flags, out.record.arg0,
              out.record.arg1);
    for (uint32_t i = 0; i < out.hash.len; i++) {
        out_print(o, "%02x", out.hash.at[i]);
    }
    if (out.hash.len == 0) out_print(o, "not made yet");
    if (out.hash.len > 0 && out.hash.len < 32) out_print(o, "... (more is not kept)");
    out_print(o, "\ncaused by event %lu\n", out.record.cause);
    for (uint32_t i = 0; i < out.causes.count; i++) {
        entry_print(o, &out.causes.at[i]);
    }
    batch_print(sh);
    return STATUS_OK;
}
