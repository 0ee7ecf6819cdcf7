/* main.c - wl-log: questions to a log on this machine, and what it exports. */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "wllog.h"

static const char help[] =
    "usage: wl-log [--boot N] FILE COMMAND ...\n"
    "\n"
    "FILE is a disk image of the log store, a recording (tools/run --record), or plain commits.\n"
    "\n"
    "  log [FROM [COUNT]]      commits\n"
    "  show SEQ                one commit, all of it, and its hash\n"
    "  spaces                  who has capabilities: containers, and threads by number\n"
    "  lives                   processes, and between which commits each lived\n"
    "  caps NAME               what a process holds; NAME: also its pid, or of a space axiom, "
    "tTHREAD,\n"
    "                          or its address\n"
    "  why NAME SLOT           how that came to be, back to genesis\n"
    "  who OBJECT              all capabilities to the object at that address (hexadecimal)\n"
    "  at SEQ COMMAND ...      the same, as it was after commit SEQ\n"
    "  verify                  every hash, the chain and the fold of every boot\n"
    "  export --jsonl          commits, one JSON object a line\n"
    "  export --dot            who holds what, as a graph for Graphviz (at SEQ export --dot)\n"
    "  export --html           the same as one page with a slider over time\n"
    "  export --perfetto       commits as a timeline for ui.perfetto.dev\n"
    "  compact OUT [MIB]       a disk image's whole log written anew, as small as it can be\n"
    "\n"
    "  --boot N                the boot that is asked about, from 1; without: the last\n"
    "  --help                  this text\n"
    "\n"
    "Exit status: 0 done, 1 not found or not sound, 2 the question or the file is no good.\n";

struct command {
    const char *name;
    int (*run)(struct query *q);
};
static const struct command commands[] = {
    {"log", run_log},   {"show", run_show}, {"spaces", run_spaces}, {"lives", run_lives},
    {"caps", run_caps}, {"why", run_why},   {"who", run_who},       {"export", run_export},
};

static int wrong(const char *what, const char *which)
{
    fprintf(stderr, "wl-log: %s%s; --help says more\n", what, which);
    return WRONG;
}

static const struct command *command_of(const char *name)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    }
    return NULL;
}

/* Takes `at SEQ` away; false and a message: it is no good. */
static bool take_at(struct query *q)
{
    uint64_t seq;
    q->count = q->boot->count;
    if (strcmp(q->words[0], "at") != 0) return true;
    if (q->word_count < 3 || !number_parse(q->words[1], &seq)) {
        wrong("usage: wl-log FILE at SEQ COMMAND ...", "");
        return false;
    }
    if (seq >= q->count) {
        fprintf(stderr, "wl-log: there is no commit %" PRIu64 "\n", seq);
        return false;
    }
    q->count = seq + 1;
    q->words += 2;
    q->word_count -= 2;
    return true;
}

static int answer(struct query *q)
{
    const char *why;
    if (!take_at(q)) return WRONG;
    const struct command *command = command_of(q->words[0]);
    if (command == NULL) return wrong("there is no command ", q->words[0]);
    q->words++;
    q->word_count--;
    bool sound = log_fold(q->boot, q->count, &q->fold, &why);
    if (!sound) {
        fprintf(stderr, "wl-log: commit %" PRIu64 " does not follow: %s\n", q->fold.count, why);
        q->count = q->fold.count;
    }
    int status = command->run(q);
    fold_free(&q->fold);
    return sound || status != DONE ? status : NOT_FOUND;
}

/* The one that was asked for; NULL: there is none. */
static const struct boot *boot_of(const struct log *l, uint64_t number)
{
    if (l->boot_count == 0 || number > l->boot_count) return NULL;
    return &l->boots[(number == 0 ? l->boot_count : number) - 1];
}

static int ask(struct log *l, uint64_t boot, int count, char **words)
{
    if (strcmp(words[0], "verify") == 0) {
        return count == 1 ? run_verify(l) : wrong("usage: wl-log FILE verify", "");
    }
    const struct boot *b = boot_of(l, boot);
    if (b == NULL || b->count == 0) {
        fprintf(stderr, "wl-log: %s: no such boot, or it has no commits\n", l->path);
        return NOT_FOUND;
    }
    if (l->is_damaged) fprintf(stderr, "wl-log: %s: damaged; see verify\n", l->path);
    struct query q = {.log = l, .boot = b, .words = words, .word_count = count};
    return answer(&q);
}

static int question(const char *path, uint64_t boot, int count, char **words)
{
    struct log l;
    if (!log_read(&l, path)) return WRONG;
    int status = ask(&l, boot, count, words);
    log_free(&l);
    return status;
}

static int compact(const char *path, uint64_t boot, int count, char **words)
{
    return boot == 0 ? run_compact(path, count, words) : wrong("compact takes all boots", "");
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"boot", required_argument, NULL, 'b'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    uint64_t boot = 0;
    for (int o; (o = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
        if (o == 'h') {
            fputs(help, stdout);
            return DONE;
        }
        if (o != 'b') return wrong("that is no option", "");
        if (!number_parse(optarg, &boot) || boot == 0)
            return wrong("--boot wants a number, not ", optarg);
    }
    if (argc - optind < 2) return wrong("a file and a command are needed", "");
    bool compacts = strcmp(argv[optind + 1], "compact") == 0;
    int (*run)(const char *, uint64_t, int, char **) = compacts ? compact : question;
    int status = run(argv[optind], boot, argc - optind - 1, argv + optind + 1);
    if (fflush(stdout) == 0) return status;
    fprintf(stderr, "wl-log: the output cannot be written\n");
    return WRONG;
}
