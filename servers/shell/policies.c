/* policies.c - the policy of the permission server: shown, set, and where its rules come from. */
#include "bytes.h"
#include "commands.h"
#include "idl/permission.h"

enum { TEXT_MAX = 3000 };

static char text[TEXT_MAX];

static int failed(struct shell *sh, const char *what, uint64_t interface, int err)
{
    return shell_failed(sh, what, interface, err);
}

/* A whole file of at most `max` bytes into `text`. */
bool text_take(struct shell *sh, const char *path, uint32_t max, struct text *out_text)
{
    uint32_t len = 0;
    const struct directory_open_in how = {.write = false};
    struct file_read_out out;
    int err = OK;
    cap_t file = file_open_at(sh, path, &how, &err);

    while (err == OK) {
        const struct file_read_in in = {.offset = len, .count = max - len + 1};
        err = file_read(file, &in, &out);
        if (err != OK || out.data.len == 0) break;
        if (out.data.len > max - len) err = ERR_RANGE;
        if (err == OK) memcpy(text + len, out.data.at, out.data.len);
        len += err == OK ? out.data.len : 0;
    }
    if (file != 0) file_close(sh, file);
    if (err != OK) (void)failed(sh, path, DIRECTORY_ID, err);
    *out_text = text_from(text, len);
    return err == OK;
}

int policy_set(struct shell *sh, const char *path)
{
    struct permission_set_policy_in in;
    struct permission_set_policy_out out;

    if (!text_take(sh, path, TEXT_MAX, &in.text)) return STATUS_ERROR;
    int err = permission_set_policy(sh->permission, &in, &out);
    if (err != OK) return failed(sh, path, PERMISSION_ID, err);
    if (out.line == 0) return STATUS_OK;
    char why[64];
    struct out o = out_to(why, sizeof(why));
    out_print(&o, "line %u, column %u is wrong; the old policy stays", out.line, out.column);
    return shell_refused(sh, path, why);
}

static const char *const problems[] = {"", "", "is too long", "is not the system's alone",
                                       "cannot be read"};

const char *policy_problem(uint32_t why)
{
    return why <= PERMISSION_PROBLEM_UNREADABLE ? problems[why] : "";
}

/* Why the file is not what is in force. */
static void problem_show(struct shell *sh, uint32_t problem, uint32_t line, uint32_t column)
{
    if (problem == PERMISSION_PROBLEM_NONE) return;
    shell_print(sh, "/policy/permission ");
    if (problem == PERMISSION_PROBLEM_LINE) {
        shell_print(sh, "line %u, column %u is wrong", line, column);
    } else {
        shell_print(sh, "%s", policy_problem(problem));
    }
    shell_print(sh, ": this policy, from before, stays\n");
}

int policy_show(struct shell *sh)
{
    struct permission_policy_out out;
    int err = permission_policy(sh->permission, &(struct permission_policy_in){0}, &out);

    if (err != OK) return failed(sh, "policy", PERMISSION_ID, err);
    uint32_t len = out.text.len, rules = out.rules, line = out.line, column = out.column;
    uint32_t problem = out.problem;
    memcpy(text, out.text.at, len);
    shell_bytes(sh, text, len);
    shell_print(sh, "%s%u rules; what none of them allows is denied\n",
                len > 0 && text[len - 1] != '\n' ? "\n" : "", rules);
    problem_show(sh, problem, line, column);
    return STATUS_OK;
}

/* Beginning of that line of the policy in `text`. */
static const char *line_find(uint32_t number, uint32_t len, uint32_t *out_len)
{
    const char *at = text, *end = text + len;

    for (uint32_t i = 1; i < number && at < end; at++) {
        if (*at == '\n') i++;
    }
    *out_len = 0;
    while (at + *out_len < end && at[*out_len] != '\n') {
        (*out_len)++;
    }
    return at;
}

/* Each rule, and since which event it is there: `perm history` says when that was. */
int rules_list(struct shell *sh)
{
    struct permission_policy_out policy;
    struct permission_rule_in in = {0};
    struct permission_rule_out out;
    int err = permission_policy(sh->permission, &(struct permission_policy_in){0}, &policy);

    if (err != OK) return failed(sh, "policy", PERMISSION_ID, err);
    uint32_t len = policy.text.len, rules = policy.rules;
    memcpy(text, policy.text.at, len);
    shell_print(sh, "LINE  SINCE EVENT  RULE\n");
    for (; in.index < rules; in.index++) {
        uint32_t bytes;
        err = permission_rule(sh->permission, &in, &out);
        if (err != OK) return failed(sh, "rule", PERMISSION_ID, err);
        const char *at = line_find(out.line, len, &bytes);
        shell_print(sh, "%4u  %11lu  ", out.line, out.since);
        shell_bytes(sh, at, bytes);
        shell_print(sh, "\n");
    }
    return STATUS_OK;
}
