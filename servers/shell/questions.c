/* questions.c - commands about authority: caps, why, verify. */
#include "bytes.h"
#include "commands.h"
#include "logs.h"
#include "names.h"
#include "print.h"
#include "startup.h"

static char text[LOGS_BATCH_BYTES]; /* answers, put together before they are printed */

static void cap_print(struct out *o, const struct audit_cap_info *c)
{
    char rights[4];

    name_of_rights(c->rights, rights);
    out_print(o, "%5u  %-12s %s %s  %016lx  obj %-10lx since %-7lu %.*s\n", c->slot,
              name_of_type(c->type), rights, (c->flags & CAP_FLAG_BOUND) != 0 ? "bound" : "     ",
              c->badge, c->obj, c->since, (int)c->giver.len, c->giver.at);
}

static void caps_print(struct out *o, const struct audit_cap_info *at, uint32_t count, bool first)
{
    if (first)
        out_print(o,
                  " SLOT  TYPE         RIGHTS     BADGE             OBJECT         COMMIT  FROM\n");
    for (uint32_t i = 0; i < count; i++) {
        cap_print(o, &at[i]);
    }
}

int run_caps(struct shell *sh, int argc, char **argv)
{
    struct audit_caps_in in = {.process = text_from(argv[1], strlen(argv[1])), .boot = sh->boot};
    struct audit_caps_out out = {.more = true};

    (void)argc;
    while (out.more && !shell_stopped(sh)) {
        struct out o = out_to(text, sizeof(text));
        int err;
        do {
            err = audit_caps(sh->audit, &in, &out);
        } while (audit_again(sh, err));
        if (err != OK) return audit_failed(sh, argv[1], err);
        caps_print(&o, out.caps.at, out.caps.count, in.after == 0);
        shell_bytes(sh, o.at, o.len);
        if (out.caps.count == 0) break;
        in.after = out.caps.at[out.caps.count - 1].slot;
    }
    return STATUS_OK;
}

/* at SEQ caps NAME */
int run_at(struct shell *sh, int argc, char **argv)
{
    struct audit_caps_at_in in = {.process = text_from(argv[3], strlen(argv[3])), .boot = sh->boot};
    struct audit_caps_at_out out = {.more = true};

    (void)argc;
    if (!shell_number(argv[1], &in.seq)) return shell_wrong(sh, "SEQ is a number");
    if (strcmp(argv[2], "caps") != 0) return shell_wrong(sh, "only `caps` is asked of the past");
    while (out.more && !shell_stopped(sh)) {
        struct out o = out_to(text, sizeof(text));
        int err;
        do {
            err = audit_caps_at(sh->audit, &in, &out);
        } while (audit_again(sh, err));
        if (err != OK) return audit_failed(sh, argv[err == AUDIT_NO_PROCESS ? 3 : 1], err);
        caps_print(&o, out.caps.at, out.caps.count, in.after == 0);
        shell_bytes(sh, o.at, o.len);
        if (out.caps.count == 0) break;
        in.after = out.caps.at[out.caps.count - 1].slot;
    }
    return STATUS_OK;
}

int run_why(struct shell *sh, int argc, char **argv)
{
    struct audit_why_in in = {.process = text_from(argv[1], strlen(argv[1])), .boot = sh->boot};
    struct audit_why_out out = {.more = true};
    uint64_t slot;

    (void)argc;
    if (!shell_number(argv[2], &slot) || slot > UINT32_MAX) {
        return shell_wrong(sh, "SLOT is a number");
    }
    in.slot = (uint32_t)slot;
    while (out.more && !shell_stopped(sh)) {
        struct out o = out_to(text, sizeof(text));
        int err;
        do {
            err = audit_why(sh->audit, &in, &out);
        } while (audit_again(sh, err));
        if (err != OK) return audit_failed(sh, argv[1], err);
        for (uint32_t i = 0; i < out.steps.count; i++) {
            record_print(&o, &out.steps.at[i]);
        }
        in.skip += out.steps.count;
        shell_bytes(sh, o.at, o.len);
        if (out.steps.count == 0) break;
    }
    return STATUS_OK;
}

/* The object in that slot; 0 and the error: none. */
static uint64_t object_in(struct shell *sh, const char *name, uint64_t slot, int *out_err)
{
    struct audit_caps_in in = {
        .process = text_from(name, strlen(name)), .after = (uint32_t)slot - 1, .boot = sh->boot};
    struct audit_caps_out out;

    do {
        *out_err = audit_caps(sh->audit, &in, &out);
    } while (audit_again(sh, *out_err));
    if (*out_err == OK && (out.caps.count == 0 || out.caps.at[0].slot != slot))
        *out_err = AUDIT_NO_SLOT;
    return *out_err == OK ? out.caps.at[0].obj : 0;
}

/* As `caps` prints it: hexadecimal. */
static bool address_parse(const char *digits, uint64_t *out_address)
{
    char prefixed[20];

    if (digits[0] == '0' && digits[1] == 'x') digits += 2;
    if (strlen(digits) > 16) return false;
    print_format(prefixed, sizeof(prefixed), "0x%s", digits);
    return shell_number(prefixed, out_address);
}

static void holder_print(struct out *o, const struct audit_holder *h)
{
    char rights[4];

    name_of_rights(h->rights, rights);
    out_print(o, "%-14.*s %5u  %-12s %s %s  %016lx  since %lu\n", (int)h->process.len,
              h->process.at, h->slot, name_of_type(h->type), rights,
              (h->flags & CAP_FLAG_BOUND) != 0 ? "bound" : "     ", h->badge, h->since);
}

int run_who(struct shell *sh, int argc, char **argv)
{
    struct audit_who_in in = {.boot = sh->boot};
    struct audit_who_out out = {.more = true};
    uint64_t slot;
    int err = OK;

    if (argc > 2 && (!shell_number(argv[2], &slot) || slot == 0 || slot > UINT32_MAX))
        return shell_wrong(sh, "SLOT is a number");
    if (argc == 2 && !address_parse(argv[1], &in.object))
        return shell_wrong(sh, "OBJECT is an address as `caps` shows it");
    if (argc > 2) in.object = object_in(sh, argv[1], slot, &err);
    if (err != OK) return audit_failed(sh, argv[1], err);
    while (out.more && !shell_stopped(sh)) {
        struct out o = out_to(text, sizeof(text));
        do {
            err = audit_who(sh->audit, &in, &out);
        } while (audit_again(sh, err));
        if (err != OK) return audit_failed(sh, argv[1], err);
        if (in.skip == 0 && out.holders.count == 0)
            return shell_refused(sh, argv[1], "nobody holds it");
        if (in.skip == 0)
            out_print(&o,
                      "HOLDER          SLOT  TYPE         RIGHTS     BADGE             COMMIT\n");
        for (uint32_t i = 0; i < out.holders.count; i++) {
            holder_print(&o, &out.holders.at[i]);
        }
        in.skip += out.holders.count;
        shell_bytes(sh, o.at, o.len);
    }
    return STATUS_OK;
}

static void life_print(struct out *o, const struct audit_life *l)
{
    out_print(o, "%7u %7u  %8lu  ", l->pid, l->parent, l->commit);
    if (l->ended == UINT64_MAX) {
        out_print(o, "%8s  %8s  ", "", "");
    } else {
        out_print(o, "%8lu  %s %2d  ", l->ended,
                  l->event == AUDIT_LIFE_EVENT_KILLED ? "ended" : " exit", l->code);
    }
    out_print(o, "%.*s\n", (int)l->name.len, l->name.at);
}

int run_lives(struct shell *sh, int argc, char **argv)
{
    struct audit_lives_in in = {.boot = sh->boot};
    struct audit_lives_out out = {.lives.count = 1};

    (void)argc;
    while (out.lives.count > 0 && !shell_stopped(sh)) {
        struct out o = out_to(text, sizeof(text));
        int err;
        do {
            err = audit_lives(sh->audit, &in, &out);
        } while (audit_again(sh, err));
        if (err != OK) return audit_failed(sh, argv[0], err);
        if (in.from == 0) out_print(&o, "    PID  PARENT      FROM        TO  END       NAME\n");
        for (uint32_t i = 0; i < out.lives.count; i++) {
            life_print(&o, &out.lives.at[i]);
        }
        in.from = out.next;
        shell_bytes(sh, o.at, o.len);
    }
    return STATUS_OK;
}

static uint64_t milliseconds(uint64_t ticks)
{
    uint64_t hz = startup_page()->tick_hz;

    return hz < 1000 ? 0 : ticks / (hz / 1000);
}

/* A boot that ended has no live slots to be compared with. */
static void invariants_print(struct out *o, const struct audit_verify_out *v)
{
    out_print(o,
              "\nI1  %lu slots in living containers, %lu mappings in living address spaces\n"
              "I2  %lu derived capabilities within their parents' rights\n"
              "I4  %lu objects inside their untypeds, and apart from each other\n"
              "I5  of %lu mappings none of a table or a kernel object, none writable and "
              "executable\n"
              "I11 %lu authority capabilities, all axiom's\n",
              v->slots, v->mapped, v->derived, v->objects, v->mapped, v->authority);
    if (v->compared > 0) {
        out_print(o, "I12 %lu slots are what %lu commits fold to\n", v->compared, v->commits);
    } else {
        out_print(o, "I12 %lu commits follow from each other\n", v->commits);
    }
    out_print(o, "I13 %lu hashes chained", v->hashed);
}

int run_verify(struct shell *sh, int argc, char **argv)
{
    struct audit_verify_out v;
    struct out o = out_to(text, sizeof(text));
    int err;

    (void)argc;
    (void)argv;
    do {
        err = audit_verify(sh->audit, &(struct audit_verify_in){sh->boot}, &v);
    } while (audit_again(sh, err));
    if (err != OK) return audit_failed(sh, "verify", err);
    out_print(&o,
              "%s: %lu commits, %lu hashed; %lu of %lu slots compared%s; %lu authority "
              "capabilities, all axiom's\n",
              v.ok ? "ok" : "NOT OK", v.commits, v.hashed, v.compared, v.slots,
              v.compared == 0 || v.quiet ? "" : " (commits fell within the walk)", v.authority);
    out_print(&o, "head ");
    for (uint32_t i = 0; i < v.head.len; i++) {
        out_print(&o, "%02x", v.head.at[i]);
    }
    if (v.ok) invariants_print(&o, &v);
    out_print(&o, "\nchain %lu ms, fold %lu ms, walk %lu ms\n", milliseconds(v.hash_ticks),
              milliseconds(v.fold_ticks), milliseconds(v.walk_ticks));
    for (uint32_t i = 0; i < v.findings.count; i++) {
        const struct audit_finding *f = &v.findings.at[i];
        out_print(&o, "%.*s: %.*s of slot %lx at commit %lu: expected %lx, found %lx\n",
                  (int)f->invariant.len, f->invariant.at, (int)f->what.len, f->what.at, f->slot,
                  f->seq, f->expected, f->found);
    }
    if (v.finding_count > v.findings.count) {
        out_print(&o, "and %u more\n", v.finding_count - v.findings.count);
    }
    bool ok = v.ok;
    shell_bytes(sh, o.at, o.len);
    if (sh->ledger != 0) (void)log_head_show(sh);
    return ok ? STATUS_OK : STATUS_ERROR;
}
