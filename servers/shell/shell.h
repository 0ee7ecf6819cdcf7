/*
 * shell.h - the state of a shell, and what its commands are written with.
 *
 * A shell has exactly the capabilities of its startup page; a command that lacks one says so. One
 * thread: while a program runs in the foreground the shell receives on an endpoint of its own,
 * where the program's end, its fault and Ctrl-C arrive.
 */
#pragma once
#include "editor.h"
#include "history.h"
#include "idl/axiom.h"
#include "idl/vfs.h"
#include "image.h"
#include "out.h"
#include "tokens.h"

enum {
    STATUS_OK = 0,
    STATUS_ERROR = 1,
    STATUS_USAGE = 2,
    STATUS_FAULT = 139,
    STATUS_INTERRUPTED = 130,
    JOBS_MAX = 16,
    OUTPUT_BYTES = 2048,
    FILES_MAX = 4,     /* of one command, and its target */
    DISKS = 3,         /* the log's, the files', the keys' */
    FILE_BYTES = 3072, /* of one read or write of a file */
};

struct job { /* a program that this shell started */
    char name[32];
    cap_t process; /* 0: free */
    uint32_t pid;
};

struct row;

struct shell {
    cap_t session, console, files, audit, observe, power, pci, ledger, disks[DISKS];
    cap_t random, time; /* 0: not given, of all these */
    cap_t endpoint, reply, exit_source, interrupt_source;
    struct image image;
    bool has_image;
    struct job jobs[JOBS_MAX];
    struct editor editor;
    struct history history;
    struct command command;
    const struct row *row; /* of the command that runs */
    uint32_t boot;         /* that it asks about: --boot N; 0: this one */
    bool interrupted;      /* Ctrl-C since the command began */
    bool interrupt_served; /* it ended a command: the read that is told of it, too, means nothing */
    volatile cap_t cut;    /* slot that Ctrl-C emptied under a call */
    cap_t opened[FILES_MAX]; /* files, 0: free */
    bool leaving;
    int status, exit_code;
    char output[OUTPUT_BYTES]; /* on its way to the terminal, or to `target` */
    struct out out;
    cap_t target; /* file of > or >>, or 0 */
    uint64_t target_at;
    int target_error;
};

enum completes {
    COMPLETES_NOTHING,
    COMPLETES_PATH,
    COMPLETES_NAME,
    COMPLETES_SERVICE,
    COMPLETES_COMMAND,
    COMPLETES_PROGRAM
};

struct row { /* one command */
    /* A usage with [--boot N]: it may stand among the arguments, which are given without it. */
    const char *name, *usage, *help;
    uint8_t least, most; /* arguments */
    uint8_t completes;   /* enum completes */
    int (*run)(struct shell *sh, int argc, char **argv);
};
extern const struct row rows[];
extern const uint32_t row_count;
const struct row *row_find(const char *name);

/* output.c */
__attribute__((format(printf, 2, 3))) void shell_print(struct shell *sh, const char *format, ...);
void shell_bytes(struct shell *sh, const char *bytes, size_t len);
void shell_column(struct shell *sh, size_t width, const char *text); /* padded to `width` */
void shell_flush(struct shell *sh);
void shell_show(struct shell *sh, const char *bytes, size_t len); /* to the terminal, at once */
bool shell_open(struct shell *sh);                                /* a session of the console */
/* One line what was wrong, one line the usage. */
int shell_wrong(struct shell *sh, const char *what);
/* "NAME: what: why". */
int shell_refused(struct shell *sh, const char *what, const char *why);
/* The same with the name of an error. `interface`: whose errors it may be. */
int shell_failed(struct shell *sh, const char *what, uint64_t interface, int err);
bool shell_number(const char *text, uint64_t *out_value);
/* Looks at Ctrl-C and ended programs without waiting. True: the command should stop. */
bool shell_stopped(struct shell *sh);

/* run.c */
void shell_run_line(struct shell *sh, const char *line);
void shell_complete(struct shell *sh, struct out *o);

/* jobs.c */
struct program {
    const char *name; /* of the process; NULL: of the program */
    uint32_t argc;
    const char *const *argv; /* argv[0]: the program */
    cap_t endpoint;          /* granted as "peer" with `endpoint_rights`, or 0 */
    uint8_t endpoint_rights;
    uint32_t pages; /* memory quota; 0: the usual */
};
/* The job, or NULL after a message. */
struct job *job_start(struct shell *sh, const struct program *program);
/* Waits for its end. Ctrl-C ends it. Its exit code. */
int job_wait(struct shell *sh, struct job *job);
void jobs_look(struct shell *sh); /* what ended or faulted in the background */
void jobs_end(struct shell *sh);  /* none outlives the shell: nobody else could end it */
struct job *job_find(struct shell *sh, const char *name);
bool jobs_setup(struct shell *sh);
bool program_exists(const struct shell *sh, const char *name);

/* interrupts.c */
/* `interrupt` tells the main thread of Ctrl-C, as before. */
bool interrupts_setup(struct shell *sh, cap_t interrupt);
void interrupts_mend(struct shell *sh); /* after a command */

/* keeping.c */
int log_head_show(struct shell *sh);
void log_keep(struct shell *sh); /* all that is in the log is on the disk, or it says why not */

/* files.c */
/* `text` with "/" before it if it has none. */
struct text shell_path(const char *text, char out_path[1025]);
/* A file capability in a new slot, or 0 with the error. */
cap_t file_open_at(struct shell *sh, const char *path, const struct directory_open_in *how,
                   int *out_err);
void file_close(struct shell *sh, cap_t file);

/* processes.c */
struct handle { /* a process object: a job's, or one from the registry to be dropped */
    cap_t cap;
    bool temporary;
};
int handle_find(struct shell *sh, const char *name, struct handle *out_handle);
/* Says why there is none. */
int handle_failed(struct shell *sh, const char *name, int err);
void handle_drop(struct handle *handle);
