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
#include "variables.h"

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
    PIPE_BYTES = 256 << 10,
    LEVELS_MAX = 9, /* a line, and four times a script and a line of it */
};

struct spawn_cap;
struct job { /* a program that this shell started */
    char name[32];
    cap_t process; /* 0: free */
    uint32_t pid;
};

struct pipe { /* what one command printed for the next */
    char *bytes;
    size_t len;
    bool full;
};

struct input { /* of a command; neither: it has none */
    const struct pipe *pipe;
    cap_t file;
};

struct level { /* a line, or a script and in `line` its arguments */
    const char *at;
    cap_t script;
    uint64_t script_at;
    uint32_t argc;
    uint8_t joined; /* enum tokens_after: what stood behind the former command */
    bool skipping;
    char line[EDITOR_LINE_MAX];
};

struct row;

struct shell {
    cap_t session, console, files, audit, observe, power, pci, ledger, disks[DISKS];
    cap_t random, time, vault, keys, identity, permission; /* 0: not given, of all these */
    cap_t subject;    /* what it asks for capabilities as, or 0 */
    uint32_t noticed; /* last notice that was shown for it */
    cap_t person;     /* session of who is logged in, or 0; then `files` is theirs */
    cap_t own_files;  /* those of the start; `files` may be for another user, or with a view */
    bool has_view;
    cap_t outer_files; /* those that come back when a change or layers are left, or 0 */
    bool outer_view;
    bool of_person; /* it was started by a login, and ends with that session */
    cap_t endpoint, reply, exit_source, interrupt_source, watch_source;
    struct image image;
    bool has_image;
    struct job jobs[JOBS_MAX];
    struct editor editor;
    struct history history;
    struct command command;
    struct level levels[LEVELS_MAX];
    uint32_t level_count;
    struct variables variables;
    struct pipe pipes[2], *pipe_to; /* pipe_to: what is printed goes there, or NULL */
    uint32_t pipe_next;             /* the one to fill next */
    struct input input;
    char number[24];       /* a value that is a number */
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
void shell_column(struct shell *sh, size_t width,
                  const char *text); /* padded to `width`, and once at least */
void shell_flush(struct shell *sh);
void shell_show(struct shell *sh, const char *bytes, size_t len); /* to the terminal, at once */
bool shell_open(struct shell *sh);                                /* a session of the console */
/* One line what was wrong, one line the usage. */
int shell_wrong(struct shell *sh, const char *what);
int shell_unknown(struct shell *sh, const char *name); /* as a command */
int shell_misread(struct shell *sh, const char *why);  /* a line */
/* "NAME: what: why". */
int shell_refused(struct shell *sh, const char *what, const char *why);
/* The same with the name of an error. `interface`: whose errors it may be. */
int shell_failed(struct shell *sh, const char *what, uint64_t interface, int err);
void shell_hex(struct shell *sh, struct data bytes); /* at most 64 of them */
bool shell_number(const char *text, uint64_t *out_value);
/* Looks at Ctrl-C and ended programs without waiting. True: the command should stop. */
bool shell_stopped(struct shell *sh);

/* run.c */
void shell_run_line(struct shell *sh, const char *line);
/* The file's lines come next; it is closed at its end. False: too deep, or too many words. */
bool script_start(struct shell *sh, cap_t file, int argc, char **argv);
bool script_runs(const struct shell *sh);
void script_end(struct shell *sh); /* of the innermost one */

/* tab.c */
void shell_complete(struct shell *sh, struct out *o);

/* pipes.c */
void pipe_take(struct shell *sh, const char *bytes, size_t len);
struct reader { /* of a file, or of the command's input */
    struct shell *sh;
    const char *name;
    struct input from;
    bool own;
    uint64_t at;
    uint32_t used, len;
    int err;
    char bytes[FILE_BYTES];
};
/* `path` NULL: the input. False after a message. */
bool reader_open(struct shell *sh, struct reader *r, const char *path);
int reader_close(struct reader *r); /* a status */
void reader_rewind(struct reader *r);
uint32_t reader_bytes(struct reader *r, const char **out_bytes);
bool reader_line(struct reader *r, char *line, uint32_t size, uint32_t *out_len);

/* options.c */
/* Takes the words that begin with `-` away: a bit for each letter, in the order of `letters`.
 * False after a message: a letter is not among them. */
bool options_take(struct shell *sh, int *argc, char **argv, const char *letters, uint32_t *out_set);
/* rwxrwrw, or u+rw s-w w+r: classes (user, system, world), sign, letters. */
bool mode_parse(const char *text, uint8_t before, uint8_t *out_mode);
void mode_text(uint8_t mode, char out_text[8]);

/* jobs.c */
struct program {
    const char *name; /* of the process; NULL: of the program */
    uint32_t argc;
    const char *const *argv; /* argv[0]: the program */
    cap_t endpoint;          /* granted as "peer" with `endpoint_rights`, or 0 */
    uint8_t endpoint_rights;
    uint32_t pages; /* memory quota; 0: the usual */
    /* For somebody else: it gets these, nothing of this shell's own, and can start programs. */
    const struct spawn_cap *caps;
    uint32_t cap_count;
};
/* The job, or NULL after a message. */
struct job *job_start(struct shell *sh, const struct program *program);
/* Waits for its end. Ctrl-C ends it. Its exit code. */
int job_wait(struct shell *sh, struct job *job);
void job_await_change(struct shell *sh); /* until `watch_source` is signalled, or Ctrl-C */
void jobs_look(struct shell *sh);        /* what ended or faulted in the background */
void jobs_end(struct shell *sh);         /* none outlives the shell: nobody else could end it */
struct job *job_find(struct shell *sh, const char *name);
bool jobs_setup(struct shell *sh);
bool program_exists(const struct shell *sh, const char *name);

/* interrupts.c */
/* `interrupt` tells the main thread of Ctrl-C, as before. */
bool interrupts_setup(struct shell *sh, cap_t interrupt);
void interrupts_mend(struct shell *sh);  /* after a command */
void interrupts_renew(struct shell *sh); /* `files` is another capability now */

/* keeping.c */
int log_head_show(struct shell *sh);
void log_keep(struct shell *sh); /* all that is in the log is on the disk, or it says why not */

/* views.c */
/* From now on this is what commands and programs get as the files; 0: those of the start again. */
void shell_files_set(struct shell *sh, cap_t files);

/* files.c */
/* `text` with "/" before it if it has none. */
struct text shell_path(const char *text, char out_path[1025]);
/* A file capability in a new slot, or 0 with the error. */
cap_t file_open_at(struct shell *sh, const char *path, const struct directory_open_in *how,
                   int *out_err);
void file_close(struct shell *sh, cap_t file);

/* login.c */
/* In a shell of a login: false when the session is over. */
bool login_lasts(struct shell *sh);

/* secret.c */
struct secret {
    uint8_t at[256];
    uint32_t len;
};
/* Asks for a line that is not shown. False: Ctrl-C, or too long; nothing of it is left. */
bool secret_read(struct shell *sh, const char *prompt, struct secret *out);
void secret_wipe(struct secret *s);
static inline struct text secret_text(const struct secret *s)
{
    return text_from((const char *)s->at, s->len);
}

/* people.c */
/* Challenge, signature, session: `*out_session` is in a new slot. */
/* The keys of who is logged in, in a slot of their own; 0: an error of UserSession. */
cap_t shell_keys(struct shell *sh, int *out_err);
int person_session(struct shell *sh, const char *name, const struct secret *password,
                   cap_t *out_session);
int person_log_out(struct shell *sh);

/* policies.c */
/* A whole file of at most `max` bytes, up to 3000; until the next one. False after a message. */
bool text_take(struct shell *sh, const char *path, uint32_t max, struct text *out_text);
const char *policy_problem(uint32_t why); /* enum permission_problem */
int policy_set(struct shell *sh, const char *path);
int policy_show(struct shell *sh);
int rules_list(struct shell *sh);

/* permissions.c */
/* What a program of that manifest asks as: `*out_subject` in a new slot. */
int subject_register(struct shell *sh, struct text manifest, cap_t *out_subject);
void permissions_news(struct shell *sh); /* what was taken back */

/* clock.c */
void random_line(struct shell *sh); /* where random bytes come from */

/* keys.c */
int keystore_line(struct shell *sh); /* how it is with the keys */

/* processes.c */
struct handle { /* a process object: a job's, or one from the registry to be dropped */
    cap_t cap;
    bool temporary;
};
int handle_find(struct shell *sh, const char *name, struct handle *out_handle);
/* Says why there is none. */
int handle_failed(struct shell *sh, const char *name, int err);
void handle_drop(struct handle *handle);
