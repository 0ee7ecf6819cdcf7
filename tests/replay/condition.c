/* condition.c - see condition.h. */
#include "condition.h"

#include <stdlib.h>
#include <string.h>

#include "abi/object.h"
#include "abi/syscall.h"
#include "names.h"
#include "recording.h"

enum field {
    F_THREAD,
    F_KIND,
    F_OP,
    F_OPERATION,
    F_RESULT,
    F_SLOT,
    F_LABEL,
    F_CPU,
    F_LINE,
    F_COMMIT,
    F_TYPE,
    F_OBJECT
};
enum { FIELDS = F_OBJECT + 1, WORD = 64, NAMES = 256 };
static const char *const fields[FIELDS] = {"thread", "kind",   "op",    "operation",
                                           "result", "slot",   "label", "cpu",
                                           "line",   "commit", "type",  "object"};

static const char *name_of(uint32_t field, uint32_t value)
{
    switch (field) {
    case F_KIND:
        return name_of_event((uint8_t)value);
    case F_OP:
        return name_of_syscall((uint8_t)value);
    case F_OPERATION:
        return name_of_operation((uint16_t)value);
    case F_COMMIT:
        return name_of_commit((uint8_t)value);
    case F_TYPE:
        return name_of_type((uint8_t)value);
    case F_RESULT:
        return value == EVENT_BLOCKED ? "waits" : "?";
    default:
        return "?";
    }
}

static bool value_parse(uint32_t field, const char *word, uint64_t *out)
{
    char *end;
    *out = strtoull(word, &end, 0);
    if (*word != 0 && *end == 0) return true;
    for (uint32_t i = 0; i < NAMES; i++) {
        *out = i;
        if (strcmp(name_of(field, i), word) == 0 && strcmp(word, "?") != 0) return true;
    }
    return false;
}

/* One term, in `word`. */
static const char *term_parse(char *word, struct condition *out)
{
    char *equals = strchr(word, '=');
    if (equals == NULL || equals == word) return "a condition is FIELD=VALUE";
    if (out->count == CONDITION_TERMS) return "at most 8 terms";
    bool negated = equals[-1] == '!';
    equals[negated ? -1 : 0] = 0;
    for (uint32_t i = 0; i < FIELDS; i++) {
        if (strcmp(fields[i], word) != 0) continue;
        out->terms[out->count].field = i;
        out->terms[out->count].negated = negated;
        if (!value_parse(i, equals + 1, &out->terms[out->count].value))
            return "no such value of that field";
        out->count++;
        return NULL;
    }
    return "no such field: thread kind op operation result slot label cpu line commit type object";
}

const char *condition_parse(const char *text, struct condition *out)
{
    char copy[CONDITION_TERMS * WORD], *rest = NULL;
    out->count = 0;
    if (strlen(text) >= sizeof(copy)) return "too long";
    strcpy(copy, text);
    for (char *word = strtok_r(copy, ", ", &rest); word; word = strtok_r(NULL, ", ", &rest)) {
        const char *wrong = term_parse(word, out);
        if (wrong != NULL) return wrong;
    }
    return out->count == 0 ? "a condition is FIELD=VALUE" : NULL;
}

static bool by_event(uint32_t field, uint64_t value, const struct event *e)
{
    bool call = e->kind == EVENT_SYSCALL;
    switch (field) {
    case F_THREAD:
        return e->thread == value;
    case F_KIND:
        return e->kind == value;
    case F_OP:
        return call && e->op == value;
    case F_OPERATION:
        return call && e->op == SYS_INVOKE - SYS_BASE && msg_label(e->info) == value;
    case F_RESULT:
        return call && e->result == value;
    case F_SLOT:
        return call && e->slot == value;
    case F_LABEL:
        return call && e->op <= SYS_REPLY - SYS_BASE && msg_label(e->info) == value;
    case F_CPU:
        return e->cpu == value;
    case F_LINE:
        return e->kind == EVENT_IRQ && e->slot == value;
    default:
        return false;
    }
}

static bool by_commit(uint32_t field, uint64_t value, const struct commit *c)
{
    if (field == F_COMMIT) return c->op == value;
    if (field == F_TYPE) return c->type == value;
    return c->obj == value || c->dst == value || c->src == value;
}

/* The terms about commits have to hold for one and the same. */
static bool commit_met(const struct condition *c, uint64_t at)
{
    for (uint32_t i = 0; i < c->count; i++) {
        uint32_t field = c->terms[i].field;
        if (field < F_COMMIT) continue;
        if (by_commit(field, c->terms[i].value, &recording.commits[at]) == c->terms[i].negated)
            return false;
    }
    return true;
}

bool condition_met(const struct condition *c, uint64_t number)
{
    bool of_commits = false;
    for (uint32_t i = 0; i < c->count; i++) {
        uint32_t field = c->terms[i].field;
        of_commits = of_commits || field >= F_COMMIT;
        if (field >= F_COMMIT) continue;
        if (by_event(field, c->terms[i].value, recording_event(number)) == c->terms[i].negated)
            return false;
    }
    if (!of_commits) return true;
    for (uint64_t i = recording.first_commits[number]; i < recording.first_commits[number + 1];
         i++) {
        if (commit_met(c, i)) return true;
    }
    return false;
}
