/*
 * main.c - the commands of the debugger: those of the command line, then, after `-`, those typed.
 *
 * A command that moves says where to in `travel` and starts over: whoever arrives may be another
 * process than the one that was asked, and knows only what stands there.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare.h"
#include "condition.h"
#include "core.h"
#include "engine.h"
#include "show.h"
#include "text.h"
#include "travel.h"

extern const uint8_t kernel_id[KERNEL_ID_BYTES]; /* kernel_id.S */

enum report { REPORT_NOTHING, REPORT_EVENT, REPORT_FOUND, REPORT_RUN };

static const char usage[] =
    "at N                 go to event N: the state is the one after it\n"
    "step [N], back [N]   N events on, or back (1)\n"
    "until COND           on to the next event that meets COND\n"
    "rewind COND          back to the last one before that does\n"
    "run                  to the end; says whether all agreed\n"
    "show [WHAT ...]      threads queues cspace tree maps lines log all; cspace=N, maps=N: of\n"
    "                     thread N\n"
    "event                this event, its ARGS and commits;  list [N]: the N events until here "
    "(10)\n"
    "check N              from here on, all invariants after every N events; 0 none\n"
    "compare FILE NAME=ADDRESS ...  with the memory of the machine, stopped here\n"
    "quit\n"
    "COND: FIELD=VALUE or FIELD!=VALUE, several with commas. Fields: thread kind op operation\n"
    "result slot label cpu line; commit type object. As: op=invoke,operation=delete,result=4\n";

static void print_event(uint64_t number, bool whole)
{
    char line[TEXT_MAX];
    text_event(line, recording_event(number));
    printf("%8" PRIu64 " %s\n", number, line);
    if (!whole) return;
    for (uint64_t p = recording.positions[number] + 1; p < recording.positions[number + 1]; p++) {
        text_event(line, &recording.records[p]);
        printf("         %s\n", line);
    }
    for (uint64_t i = recording.first_commits[number]; i < recording.first_commits[number + 1];
         i++) {
        text_commit(line, &recording.commits[i]);
        printf("         commit %s\n", line);
    }
}

static void go(uint64_t events, enum report report)
{
    travel->target = events;
    travel->report = report;
}

/* Events are counted from 0, so the state after event N is that of N + 1 executed ones. */
static void go_to_event(int64_t number, enum report report)
{
    int64_t last = (int64_t)recording.event_count - 1;
    if (number < 0) number = 0;
    if (number > last) {
        printf("the last event is %" PRId64 "\n", last);
        number = last;
    }
    go((uint64_t)number + 1, report);
}

static void search(const char *text, bool back)
{
    struct condition c;
    const char *wrong = condition_parse(text, &c);
    if (wrong != NULL) {
        printf("%s: %s\n", text, wrong);
        travel->status = 1;
        return;
    }
    uint64_t here = engine.at; /* the event that comes next, and one more than the last */
    uint64_t n = back ? here - 1 : here;
    while (back ? n-- > 0 : n < recording.event_count) {
        if (condition_met(&c, n)) {
            go(n + 1, REPORT_FOUND);
            return;
        }
        if (!back) n++;
    }
    printf("no event %s meets %s\n", back ? "before" : "from here on", text);
    travel->status = 1;
}

static void show_list(char *rest)
{
    if (rest[0] == 0) strcpy(rest, "threads queues");
    char *save = NULL;
    for (char *w = strtok_r(rest, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
        if (show(w)) continue;
        printf("show %s: no such view, or no such thread\n", w);
        travel->status = 1;
    }
}

static void list_events(uint64_t count)
{
    uint64_t first = engine.at > count ? engine.at - count : 0;
    for (uint64_t n = first; n < engine.at; n++) {
        print_event(n, false);
    }
}

/* One command; false: the last one. */
static bool execute(char *line)
{
    char *space = strchr(line, ' '), none[TRAVEL_TEXT] = "";
    char *rest = space != NULL ? space + 1 : none;
    if (space != NULL) *space = 0;
    int64_t number = rest[0] != 0 ? strtoll(rest, NULL, 0) : 1;
    int64_t here = (int64_t)engine.at - 1;
    if (strcmp(line, "quit") == 0) return false;
    if (strcmp(line, "at") == 0) {
        go_to_event(rest[0] != 0 ? number : here, REPORT_EVENT);
    } else if (strcmp(line, "step") == 0) {
        go_to_event(here + number, REPORT_EVENT);
    } else if (strcmp(line, "back") == 0) {
        go_to_event(here - number, REPORT_EVENT);
    } else if (strcmp(line, "until") == 0 || strcmp(line, "rewind") == 0) {
        search(rest, line[0] == 'r');
    } else if (strcmp(line, "run") == 0) {
        go(recording.event_count, REPORT_RUN);
    } else if (strcmp(line, "show") == 0) {
        show_list(rest);
    } else if (strcmp(line, "event") == 0) {
        print_event(engine.at - 1, true);
    } else if (strcmp(line, "list") == 0) {
        list_events(rest[0] != 0 ? (uint64_t)number : 10);
    } else if (strcmp(line, "check") == 0) {
        travel->checks = number > 0 ? (uint64_t)number : 0;
    } else if (strcmp(line, "compare") == 0) {
        if (!compare(rest)) travel->status = 1;
    } else if (line[0] != 0) {
        fputs(usage, stdout);
        if (strcmp(line, "help") != 0) travel->status = 1;
    }
    return true;
}

/* A byte at a time: what is read ahead would be lost with the process. */
static bool read_line(char line[TRAVEL_TEXT])
{
    size_t n = 0;
    char c;
    if (isatty(STDIN_FILENO)) printf("%" PRIu64 "> ", engine.at - 1);
    fflush(stdout);
    while (read(STDIN_FILENO, &c, 1) == 1) {
        line[n] = 0;
        if (c == '\n') return true;
        if (n + 1 < TRAVEL_TEXT) line[n++] = c;
    }
    return false;
}

static bool next_command(char **arguments, char line[TRAVEL_TEXT])
{
    const char *argument = arguments[travel->next_argument];
    if (argument == NULL) return false;
    if (strcmp(argument, "-") == 0) return read_line(line);
    travel->next_argument++;
    snprintf(line, TRAVEL_TEXT, "%s", argument);
    return true;
}

static void arrived(void)
{
    uint32_t report = travel->report;
    travel->report = REPORT_NOTHING;
    static bool told;
    if (engine.diverged && !told) {
        told = true;
        printf("%s\n", engine.message);
        travel->status = 1;
    } else if (engine.diverged) {
        travel->target = engine.at;
    } else if (report == REPORT_EVENT || report == REPORT_FOUND) {
        print_event(engine.at - 1, true);
    } else if (report == REPORT_RUN && recording.dropped != 0) {
        printf("events 0 to %" PRIu64 " agree; behind them the kernel dropped %" PRIu64
               ": what follows cannot be executed\n",
               engine.at - 1, recording.dropped);
        travel->status = 1;
    } else if (report == REPORT_RUN) {
        printf("%" PRIu64 " events, %" PRIu64 " commits: all agree\n", engine.at,
               recording.commit_count);
    }
}

int main(int argc, char **argv)
{
    char line[TRAVEL_TEXT];
    if (argc < 2) return 2;
    if (strcmp(argv[1], "kernel") == 0) { /* whose it is */
        for (uint32_t i = 0; i < KERNEL_ID_BYTES; i++) {
            printf("%02x", kernel_id[i]);
        }
        return 0;
    }
    const char *wrong = recording_open(argv[1]);
    if (wrong != NULL) {
        fprintf(stderr, "replay: %s: %s\n", argv[1], wrong);
        return 2;
    }
    travel_open();
    travel->next_argument = 2;
    go(1, REPORT_NOTHING);
    for (;;) {
        travel_go();
        arrived();
        if (!next_command(argv, line) || !execute(line)) break;
    }
    fflush(NULL);
    return (int)travel->status;
}
