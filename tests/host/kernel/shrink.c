/* shrink.c - see shrink.h. Delta debugging: larger parts are left out first, then single steps, and
 * what stays is made plainer, zeros for choices that do not matter. */
#define _GNU_SOURCE
#include "shrink.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storm.h"

enum { TRIES_MAX = 4000, SECONDS_BASE = 4, STEPS_A_SECOND = 1000 };

static struct steps trial; /* too large for a stack */

static _Noreturn void run_child(const struct steps *list, struct outcome *out, int said)
{
    dup2(said, STDOUT_FILENO);
    dup2(said, STDERR_FILENO);
    alarm(SECONDS_BASE + (unsigned)(list->count / STEPS_A_SECOND)); /* a loop without end, too */
    const char *what = storm_run(list, NULL, NULL);
    out->failed = what != NULL;
    snprintf(out->text, sizeof(out->text), "%s", what != NULL ? what : "");
    _exit(0);
}

void outcome_of_death(int status, FILE *said, struct outcome *out)
{
    char line[300];
    out->failed = true;
    out->text[0] = 0;
    rewind(said);
    while (fgets(line, sizeof(line), said) != NULL) {
        const char *at = strstr(line, "ERROR: AddressSanitizer");
        if (at == NULL && strstr(line, "runtime error:") != NULL) at = line;
        if (at == NULL && strstr(line, "kernel panic:") != NULL) at = line;
        if (at == NULL) continue;
        snprintf(out->text, sizeof(out->text), "%s", at);
        out->text[strcspn(out->text, "\n")] = 0;
        return;
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
        snprintf(out->text, sizeof(out->text), "a step does not end");
    } else if (WIFSIGNALED(status)) {
        snprintf(out->text, sizeof(out->text), "signal %d", WTERMSIG(status));
    } else {
        snprintf(out->text, sizeof(out->text), "exit status %d", WEXITSTATUS(status));
    }
}

void outcome_of(const struct steps *list, struct outcome *out)
{
    struct outcome *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    FILE *said = tmpfile();
    int status = 0;
    if (shared == MAP_FAILED || said == NULL) abort();
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) abort();
    if (child == 0) run_child(list, shared, fileno(said));
    if (waitpid(child, &status, 0) != child) abort();
    if (status != 0) outcome_of_death(status, said, shared);
    *out = *shared;
    munmap(shared, sizeof(*shared));
    fclose(said);
}

/* The id or kind before the first colon counts as it is; then numbers do not. */
static void signature(const char *text, char out[300])
{
    size_t n = 0;
    bool begun = false;
    for (; *text != 0 && *text != '(' && n < 299; text++) {
        begun |= *text == ':';
        bool number = isxdigit((unsigned char)*text) || *text == 'x';
        if (begun && number) continue; /* some letters, too: they are missing in both */
        out[n++] = *text;
    }
    out[n] = 0;
}

bool outcome_same(const struct outcome *a, const struct outcome *b)
{
    char one[300], two[300];
    signature(a->text, one);
    signature(b->text, two);
    return a->failed == b->failed && strcmp(one, two) == 0;
}

/* Takes `trial` for the list if it fails in the same way. */
static bool keep_trial(struct steps *list, const struct outcome *failure, unsigned *tries)
{
    struct outcome found;
    if (*tries >= TRIES_MAX) return false;
    ++*tries;
    outcome_of(&trial, &found);
    if (!outcome_same(&found, failure)) return false;
    memcpy(list, &trial, sizeof(trial));
    return true;
}

/* The list without `n` steps from `at`, and without `m` from `other`, which comes after them. */
static void leave_out(const struct steps *list, size_t at, size_t n, size_t other, size_t m)
{
    trial.count = 0;
    for (size_t i = 0; i < list->count; i++) {
        if ((i >= at && i < at + n) || (i >= other && i < other + m)) continue;
        trial.at[trial.count++] = list->at[i];
    }
}

/* The first step makes the world and stays. */
static void cut_parts(struct steps *list, const struct outcome *failure, unsigned *tries)
{
    for (size_t part = list->count / 2; part > 0;) {
        bool cut = false;
        for (size_t at = 1; at < list->count;) {
            size_t n = at + part < list->count ? part : list->count - at;
            leave_out(list, at, n, 0, 0);
            if (keep_trial(list, failure, tries)) {
                cut = true;
            } else {
                at += n;
            }
        }
        if (!cut || part > 1) part /= 2; /* single steps until none goes */
    }
}

/* Two that only go together: one makes what the other uses up. */
static void cut_pairs(struct steps *list, const struct outcome *failure, unsigned *tries)
{
    enum { LONG = 64 };
    for (size_t at = 1; at < list->count && list->count < LONG;) {
        bool cut = false;
        for (size_t other = at + 1; other < list->count && !cut; other++) {
            leave_out(list, at, 1, other, 1);
            cut = keep_trial(list, failure, tries);
        }
        if (!cut) at++;
    }
}

/* Zeros for the bytes of a step from `from` to `to`, if they do not matter. */
static bool try_zeros(struct steps *list, const struct outcome *failure, unsigned *tries,
                      const size_t bytes[3])
{
    uint8_t *b = (uint8_t *)&trial.at[bytes[0]];
    memcpy(&trial, list, sizeof(trial));
    memset(b + bytes[1], 0, bytes[2] - bytes[1]);
    if (memcmp(b, &list->at[bytes[0]], sizeof(struct step)) == 0) return true;
    return keep_trial(list, failure, tries);
}

static void make_plainer(struct steps *list, const struct outcome *failure, unsigned *tries)
{
    const size_t time = offsetof(struct step, time), all = sizeof(struct step);
    for (size_t i = 0; i < list->count; i++) {
        try_zeros(list, failure, tries, (const size_t[3]){i, time, time + 2});
        for (size_t from = all - 4; from >= time + 2; from -= 4) {
            if (!try_zeros(list, failure, tries, (const size_t[3]){i, from, all})) break;
        }
    }
}

/* Fewer processes, usual budgets: each choice of the world for itself. */
static void make_world_plainer(struct steps *list, const struct outcome *failure, unsigned *tries)
{
    for (size_t at = offsetof(struct step, choice); at < sizeof(struct step); at++) {
        try_zeros(list, failure, tries, (const size_t[3]){0, at, at + 1});
    }
}

unsigned shrink(struct steps *list, const struct outcome *failure)
{
    unsigned tries = 0;
    for (size_t before = list->count + 1; list->count < before;) {
        before = list->count;
        cut_parts(list, failure, &tries);
        make_world_plainer(list, failure, &tries);
        make_plainer(list, failure, &tries);
        cut_parts(list, failure, &tries); /* a plainer one may need fewer */
        cut_pairs(list, failure, &tries);
    }
    return tries;
}
