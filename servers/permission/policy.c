#include "policy.h"

#include "bytes.h"

static bool starts(const char *word, const char *with, const char **out_rest)
{
    size_t len = strlen(with);

    *out_rest = word + len;
    return strncmp(word, with, len) == 0;
}

static bool name_read(const char *from, char out_name[33])
{
    if (!name_is_plain(from)) return false;
    memcpy(out_name, from, strlen(from) + 1);
    return true;
}

static bool subject_read(const char *word, struct rule *r)
{
    static const char *const classes[] = {"system", "service", "app"};
    const char *rest;

    if (strcmp(word, "any") == 0) return true;
    if (starts(word, "name:", &rest)) return name_read(rest, r->name);
    if (!starts(word, "class:", &rest)) return false;
    for (uint8_t i = 0; i < 3; i++) {
        if (strcmp(rest, classes[i]) == 0) r->class = (uint8_t)(CLASS_SYSTEM + i);
    }
    return r->class != 0;
}

/* "HH:MM" of exactly five characters. */
static bool minute_read(const char *at, uint32_t *out_minute)
{
    uint32_t digits[4], k = 0;

    for (uint32_t i = 0; i < 5; i++) {
        if (i == 2) {
            if (at[i] != ':') return false;
            continue;
        }
        if (at[i] < '0' || at[i] > '9') return false;
        digits[k++] = (uint32_t)(at[i] - '0');
    }
    uint32_t hour = digits[0] * 10 + digits[1], minute = digits[2] * 10 + digits[3];
    *out_minute = hour * 60 + minute;
    return hour < 24 && minute < 60;
}

static bool time_read(const char *text, struct rule *r)
{
    r->timed = true;
    return strlen(text) == 11 && text[5] == '-' && minute_read(text, &r->from) &&
           minute_read(text + 6, &r->to) && r->from != r->to;
}

static bool condition_read(const char *word, struct rule *r)
{
    const char *rest;

    if (strcmp(word, "attenuate") == 0) return r->attenuate = true;
    if (strcmp(word, "session") == 0) return r->session = true;
    if (starts(word, "rights=", &rest)) return rights_read(rest, &r->rights);
    if (starts(word, "parent=", &rest)) return name_read(rest, r->parent);
    if (starts(word, "user=", &rest)) return r->session = name_read(rest, r->user);
    if (starts(word, "time=", &rest)) return time_read(rest, r);
    if (starts(word, "for=", &rest)) {
        return number_read(rest, FOR_MAX, &r->seconds) && r->seconds > 0;
    }
    return false;
}

static bool word_is_right(const char *word, uint32_t at, struct rule *r)
{
    switch (at) {
    case 0:
        r->allow = strcmp(word, "allow") == 0;
        return r->allow || strcmp(word, "deny") == 0;
    case 1:
        return subject_read(word, r);
    case 2:
        return strcmp(word, "*") == 0 || name_read(word, r->object);
    default:
        return r->allow && condition_read(word, r); /* deny has none */
    }
}

/* 0, or the column of the first word that is wrong. */
static uint32_t rule_read(const struct line *line, struct rule *r)
{
    *r = (struct rule){.line = line->number};
    for (uint32_t i = 0; i < line->count; i++) {
        if (!word_is_right(line->words[i], i, r)) return line->columns[i];
    }
    return line->count < 3 ? line->column : 0;
}

bool rules_same(const struct rule *a, const struct rule *b)
{
    return a->allow == b->allow && a->attenuate == b->attenuate && a->session == b->session &&
           a->timed == b->timed && a->class == b->class && a->rights == b->rights &&
           a->from == b->from && a->to == b->to && a->seconds == b->seconds &&
           strcmp(a->name, b->name) == 0 && strcmp(a->object, b->object) == 0 &&
           strcmp(a->parent, b->parent) == 0 && strcmp(a->user, b->user) == 0;
}

uint32_t policy_read(const char *text, uint32_t len, struct policy *out_policy)
{
    struct lines lines = lines_of(text, len);
    struct line line;

    out_policy->count = 0;
    while (lines_next(&lines, &line)) {
        out_policy->column = line.columns[0];
        if (out_policy->count == RULES_MAX) return line.number;
        out_policy->column = rule_read(&line, &out_policy->rules[out_policy->count]);
        if (out_policy->column != 0) return line.number;
        out_policy->count++;
    }
    out_policy->column = 0;
    return 0;
}

static bool rule_fits(const struct rule *r, const struct facts *f)
{
    if (r->class != 0 && r->class != f->class) return false;
    if (r->name[0] != '\0' && strcmp(r->name, f->name) != 0) return false;
    return r->object[0] == '\0' || strcmp(r->object, f->object) == 0;
}

static bool is_within(const struct rule *r, int32_t minute)
{
    uint32_t now = (uint32_t)minute;

    if (minute < 0) return false;
    return r->from < r->to ? now >= r->from && now < r->to : now >= r->from || now < r->to;
}

static enum policy_refusal conditions_hold(const struct rule *r, const struct facts *f)
{
    if (r->rights != 0 && (f->rights & ~r->rights) != 0) return POLICY_RIGHTS;
    if (r->attenuate && f->rights == f->all_rights) return POLICY_ATTENUATE;
    if (r->parent[0] != '\0' && strcmp(r->parent, f->parent) != 0) return POLICY_PARENT;
    if (r->timed && !is_within(r, f->minute)) return POLICY_TIME;
    if (r->session && f->user == NULL) return POLICY_SESSION;
    if (r->user[0] != '\0' && strcmp(r->user, f->user) != 0) return POLICY_USER;
    return POLICY_OK;
}

struct decision policy_decide(const struct policy *policy, const struct facts *f)
{
    for (uint32_t i = 0; i < policy->count; i++) {
        const struct rule *r = &policy->rules[i];
        if (!rule_fits(r, f)) continue;
        return (struct decision){.refusal = r->allow ? conditions_hold(r, f) : POLICY_RULE,
                                 .line = r->line,
                                 .seconds = r->seconds};
    }
    return (struct decision){.refusal = POLICY_NO_RULE};
}
