/* jobs.c - programs that the shell starts: their end, their faults, Ctrl-C. */
#include "badge.h"
#include "bytes.h"
#include "heap.h"
#include "idl/console.h"
#include "report.h"
#include "shell.h"
#include "slots.h"
#include "spawn.h"
#include "text.h"

enum {
    SIGNAL_EXIT = 1,
    SIGNAL_INTERRUPT = 2,
    SIGNAL_CHANGE = 4,
    BADGE_JOB = 1,
    PROGRAM_PAGES = 160,
    PROGRAM_SLOTS = 64,
    PROGRAM_THREADS = 4,
    PROGRAM_COMMITS = 2000,
    PROGRAM_PRIORITY = 90, /* below the shell, which must see Ctrl-C */
    PROGRAM_BYTES_MAX = 1 << 20,
    SHELL_SLOTS = 256, /* of one that starts programs itself */
    SHELL_THREADS = 8,
    SHELL_COMMITS = 8000,
    SHELL_PRIORITY = 95,
};

static bool source_make(cap_t notification, uint64_t bits, cap_t *out_slot)
{
    struct self_mint_in in = {.source = {notification, RIGHTS_ALL, 0, 0},
                              .slot = slot_alloc(),
                              .rights = RIGHT_WRITE,
                              .badge = bits};

    *out_slot = in.slot;
    return self_mint(CAP_SLOT_SELF, &in) == OK;
}

bool jobs_setup(struct shell *sh)
{
    cap_t interrupt;
    cap_t notification = slot_alloc();
    struct self_notification_create_in create = {.slot = notification};
    struct self_notification_bind_in bind = {.notification = {notification, RIGHTS_ALL, 0, 0}};

    sh->endpoint = slot_alloc();
    sh->reply = slot_alloc();
    struct self_endpoint_create_in endpoint = {.slot = sh->endpoint};
    struct self_reply_create_in reply = {.slot = sh->reply};
    return self_endpoint_create(CAP_SLOT_SELF, &endpoint) == OK &&
           self_reply_create(CAP_SLOT_SELF, &reply) == OK &&
           self_notification_create(CAP_SLOT_SELF, &create) == OK &&
           self_notification_bind(CAP_SLOT_SELF, &bind) == OK &&
           source_make(notification, SIGNAL_EXIT, &sh->exit_source) &&
           source_make(notification, SIGNAL_CHANGE, &sh->watch_source) &&
           source_make(notification, SIGNAL_INTERRUPT, &interrupt) &&
           interrupts_setup(sh, interrupt);
}

struct job *job_find(struct shell *sh, const char *name)
{
    uint64_t pid;
    bool by_pid = shell_number(name, &pid);

    for (uint32_t i = 0; i < JOBS_MAX; i++) {
        struct job *job = &sh->jobs[i];
        if (job->process == 0) continue;
        if (by_pid ? job->pid == pid : strcmp(job->name, name) == 0) return job;
    }
    return NULL;
}

/* Where the program's file is: in the boot image, or read from a directory into memory. */
struct binary {
    const uint8_t *at;
    size_t size;
    void *memory; /* to be freed, or NULL */
};

static int binary_read(struct shell *sh, const char *path, struct binary *out_binary)
{
    int err = OK;
    cap_t file = file_open_at(sh, path, &(struct directory_open_in){0}, &err);
    struct file_stat_out stat;

    if (file == 0) return err;
    err = file_stat(file, &stat);
    if (err == OK && stat.stat.size > PROGRAM_BYTES_MAX) err = ERR_RANGE;
    out_binary->memory = err == OK ? heap_alloc(stat.stat.size) : NULL;
    if (err == OK && out_binary->memory == NULL) err = ERR_NO_MEMORY;
    for (uint64_t done = 0; err == OK && done < stat.stat.size;) {
        struct file_read_in in = {.offset = done, .count = FILE_BYTES};
        struct file_read_out out;
        err = file_read(file, &in, &out);
        if (err != OK || out.data.len == 0) break;
        memcpy((uint8_t *)out_binary->memory + done, out.data.at, out.data.len);
        done += out.data.len;
    }
    file_close(sh, file);
    out_binary->at = out_binary->memory;
    out_binary->size = err == OK ? stat.stat.size : 0;
    return err;
}

static const struct image_file *image_program(const struct shell *sh, const char *name)
{
    char path[80] = "/bin/";

    /* With another root, or a view, what stands there is meant. */
    if (!sh->has_image || sh->files != sh->own_files) return NULL;
    if (strchr(name, '/') != NULL) return image_find(&sh->image, name);
    if (!text_copy(path + 5, sizeof(path) - 5, name, strlen(name))) return NULL;
    return image_find(&sh->image, path);
}

bool program_exists(const struct shell *sh, const char *name)
{
    return image_program(sh, name) != NULL;
}

static int binary_find(struct shell *sh, const char *name, struct binary *out_binary)
{
    const struct image_file *file = image_program(sh, name);

    *out_binary = (struct binary){0};
    if (file != NULL) {
        out_binary->at = image_data(&sh->image, file);
        out_binary->size = file->size;
        return OK;
    }
    if (sh->files == 0) return DIRECTORY_NOT_FOUND;
    char path[80] = "/bin/"; /* of the image, too, where it is not mapped */
    if (strchr(name, '/') != NULL) return binary_read(sh, name, out_binary);
    if (!text_copy(path + 5, sizeof(path) - 5, name, strlen(name))) return DIRECTORY_NOT_FOUND;
    return binary_read(sh, path, out_binary);
}

static int spawn_binary(struct shell *sh, const struct program *p, const struct binary *binary,
                        struct job *job)
{
    const char *env[VARIABLES_MAX];
    struct spawn_cap caps[3] = {{.name = "terminal", .source = sh->session, .rights = RIGHTS_ALL}};
    struct spawn_result result;
    struct spawn_args args = {
        .name = job->name,
        .elf = binary->at,
        .elf_size = binary->size,
        .argc = p->argc,
        .argv = p->argv,
        .env_count = sh->variables.count,
        .env = env,
        .caps = caps,
        .cap_count = 1,
        .quota = {p->pages != 0 ? p->pages : PROGRAM_PAGES, PROGRAM_SLOTS, PROGRAM_THREADS,
                  PROGRAM_COMMITS},
        .priority = PROGRAM_PRIORITY,
        .fault = sh->endpoint,
        .fault_badge = badge_make(BADGE_JOB, 0, 0, (uint32_t)(job - sh->jobs)),
        .exit = sh->exit_source,
    };

    for (uint32_t i = 0; i < sh->variables.count; i++) {
        env[i] = sh->variables.texts[i];
    }
    if (p->cap_count != 0) {
        args.caps = p->caps;
        args.cap_count = p->cap_count;
        args.quota = (struct axiom_quota){p->pages, SHELL_SLOTS, SHELL_THREADS, SHELL_COMMITS};
        args.priority = SHELL_PRIORITY;
    } else if (sh->files != 0) {
        caps[args.cap_count++] =
            (struct spawn_cap){.name = "files", .source = sh->files, .rights = RIGHTS_ALL};
    }
    if (p->endpoint != 0) {
        caps[args.cap_count++] =
            (struct spawn_cap){.name = "peer", .source = p->endpoint, .rights = p->endpoint_rights};
    }
    int err = spawn_program(&args, &result);
    if (err == OK) {
        job->process = result.process;
        job->pid = result.pid;
    }
    return err;
}

struct job *job_start(struct shell *sh, const struct program *p)
{
    const char *last = strrchr(p->argv[0], '/');
    const char *name = p->name != NULL ? p->name : last != NULL ? last + 1 : p->argv[0];
    struct job *job = sh->jobs;
    struct binary binary;

    if (sh->target != 0 || sh->pipe_to != NULL) {
        (void)shell_refused(sh, p->argv[0], "what a program prints goes to the terminal only");
        return NULL;
    }
    while (job < sh->jobs + JOBS_MAX && job->process != 0) {
        job++;
    }
    if (job == sh->jobs + JOBS_MAX) {
        (void)shell_refused(sh, p->argv[0], "too many programs run");
        return NULL;
    }
    (void)text_copy(job->name, sizeof(job->name), name, strlen(name));
    int err = binary_find(sh, p->argv[0], &binary);
    if (err != OK) {
        (void)shell_failed(sh, p->argv[0], DIRECTORY_ID, err);
        return NULL;
    }
    err = spawn_binary(sh, p, &binary, job);
    heap_free(binary.memory);
    if (err == OK) return job;
    if (err == SPAWN_BAD_FILE) {
        (void)shell_refused(sh, p->argv[0], "not a program");
    } else {
        (void)shell_failed(sh, p->argv[0], SELF_ID, err);
    }
    return NULL;
}

/* Events. */

static bool peek(void *state, uint64_t address, uint64_t out_words[2])
{
    const struct job *job = state;
    struct process_peek_in in = {.address = address};
    struct process_peek_out out;

    if (process_peek(job->process, &in, &out) != OK || out.words.count < 2) return false;
    out_words[0] = out.words.at[0];
    out_words[1] = out.words.at[1];
    return true;
}

static void fault_report(struct shell *sh, struct job *job, const struct message *m)
{
    static char text[REPORT_BYTES]; /* one fault at a time */
    struct process_thread_read_in read_in = {.thread = (uint32_t)m->w[7]};
    struct process_thread_read_out read_out;
    const struct image_file *file = image_program(sh, job->name);
    uint64_t regs[THREAD_REGS];
    struct out o = out_to(text, sizeof(text));
    struct report r = {
        .name = job->name,
        .pid = job->pid,
        .kind = msg_label(m->info),
        .fault = m->w,
        .elf = file != NULL ? image_data(&sh->image, file) : NULL,
        .elf_size = file != NULL ? file->size : 0,
        .state = job,
        .peek = peek,
    };

    if (process_thread_read(job->process, &read_in, &read_out) == OK &&
        read_out.registers.count == THREAD_REGS) {
        memcpy(regs, read_out.registers.at, sizeof(regs));
        r.regs = regs;
    }
    report_print(&r, &o);
    shell_show(sh, text, o.len);
}

static void on_fault(struct shell *sh, const struct message *m)
{
    uint32_t index = badge_index(m->cap);
    struct process_kill_in kill = {.code = STATUS_FAULT};

    if (badge_kind(m->cap) != BADGE_JOB || index >= JOBS_MAX) return;
    if (sh->jobs[index].process == 0) return;
    fault_report(sh, &sh->jobs[index], m);
    /* With the process its call goes, and the Reply is free again. */
    (void)process_kill(sh->jobs[index].process, &kill);
}

static void on_event(struct shell *sh, const struct message *m)
{
    if ((m->info & MSG_SIGNAL) != 0) {
        if ((m->cap & SIGNAL_INTERRUPT) != 0) sh->interrupted = true;
    } else if ((m->info & MSG_FAULT) != 0) {
        on_fault(sh, m);
    }
}

/* True and its code when the job is over; it is forgotten then. */
static bool job_ended(struct job *job, int *out_code)
{
    struct process_info_out out;
    int err = process_info(job->process, &out);

    if (err == OK && out.info.state != AXIOM_PROCESS_INFO_STATE_EXITED) return false;
    *out_code = err == OK ? out.info.exit_code : STATUS_ERROR;
    slot_discard(job->process);
    job->process = 0;
    return true;
}

void jobs_look(struct shell *sh)
{
    struct message m = {0};
    int code;

    while (sys_nb_recv(sh->endpoint, sh->reply, 0, &m) == OK) {
        on_event(sh, &m);
        m = (struct message){0};
    }
    for (uint32_t i = 0; i < JOBS_MAX; i++) {
        struct job *job = &sh->jobs[i];
        uint32_t pid = job->pid;
        if (job->process == 0 || !job_ended(job, &code)) continue;
        shell_print(sh, "%s (pid %u) ended with %d\n", job->name, pid, code);
    }
}

int job_wait(struct shell *sh, struct job *job)
{
    struct session_mode_in cooked = {.raw = false, .echo = true};
    struct session_mode_in raw = {.raw = true, .echo = false};
    struct process_kill_in kill = {.code = STATUS_INTERRUPTED};
    int code = STATUS_ERROR;

    shell_flush(sh);
    (void)session_mode(sh->session, &cooked);
    while (!job_ended(job, &code)) {
        struct message m = {0};
        if (sys_recv(sh->endpoint, sh->reply, 0, &m) != OK) break;
        on_event(sh, &m);
        if (sh->interrupted) (void)process_kill(job->process, &kill);
    }
    (void)session_mode(sh->session, &raw);
    return code;
}

void job_await_change(struct shell *sh)
{
    bool changed = false;

    shell_flush(sh);
    while (!changed && !sh->interrupted) {
        struct message m = {0};
        if (sys_recv(sh->endpoint, sh->reply, 0, &m) != OK) break;
        changed = (m.info & MSG_SIGNAL) != 0 && (m.cap & SIGNAL_CHANGE) != 0;
        on_event(sh, &m);
    }
}

void jobs_end(struct shell *sh)
{
    struct process_kill_in kill = {.code = STATUS_INTERRUPTED};

    for (uint32_t i = 0; i < JOBS_MAX; i++) {
        if (sh->jobs[i].process != 0) (void)process_kill(sh->jobs[i].process, &kill);
    }
}
