/* start.c - starts, ends and restarts services. */
#include "badge.h"
#include "bytes.h"
#include "init.h"
#include "panic.h"
#include "print.h"
#include "slots.h"
#include "spawn.h"

enum { SLOT_BOOT = 3, ARGUMENTS_MAX = 16, PAGES_LEAST = 128 };
enum { ABSENT_PAGES = 64, ABSENT_SLOTS = 64, ABSENT_THREADS = 1 };

static const struct description_service *service_at(const struct init *in, uint32_t number)
{
    return &in->description.services[number];
}

void start_prepare(struct init *in)
{
    for (uint32_t i = 0; i < in->description.service_count; i++) {
        if ((service_at(in, i)->flags & SERVICE_MANUAL) != 0) {
            in->running[i].life.life = LIFE_STOPPED;
        }
        if ((service_at(in, i)->flags & SERVICE_PROVIDES) == 0) continue;
        struct self_endpoint_create_in create = {.slot = slot_alloc()};
        if (self_endpoint_create(CAP_SLOT_SELF, &create) != OK) PANIC("no endpoint of a service");
        in->running[i].endpoint = create.slot;
    }
    in->arm = slot_alloc();
    struct self_notification_create_in arm = {.slot = in->arm};
    if (self_notification_create(CAP_SLOT_SELF, &arm) != OK) PANIC("no notification");
    in->arm_source = slot_alloc();
    struct self_mint_in mint = {.source = {in->arm, RIGHTS_ALL, 0, 0},
                                .slot = in->arm_source,
                                .rights = RIGHT_WRITE,
                                .badge = 1};
    if (self_mint(CAP_SLOT_SELF, &mint) != OK) PANIC("no notification");
}

/* argv[0] is the name, the others stand in the description separated by one space. */
static uint32_t arguments_split(const struct description_service *s, char *copy,
                                const char **out_argv)
{
    uint32_t count = 1;
    char *at = copy;

    memcpy(copy, s->arguments, sizeof(s->arguments));
    out_argv[0] = s->name;
    while (*at != '\0' && count < ARGUMENTS_MAX) {
        out_argv[count++] = at;
        char *space = strchr(at, ' ');
        if (space == NULL) break;
        *space = '\0';
        at = space + 1;
    }
    return count;
}

struct start_state {
    struct init *in;
    uint32_t number;
};

static int prepare(void *state, cap_t process, uint32_t pid)
{
    const struct start_state *s = state;

    return grants_give(s->in, s->number, process, pid);
}

static int spawn_service(struct init *in, uint32_t number, uint32_t pages,
                         struct spawn_result *out_result)
{
    const struct description_service *s = service_at(in, number);
    const struct image_file *file = image_find(&in->image, s->program);
    struct start_state state = {in, number};
    struct spawn_cap caps[GRANT_CAPS_MAX];
    const char *argv[ARGUMENTS_MAX];
    char copy[sizeof(s->arguments)];

    if (file == NULL) return SPAWN_BAD_FILE;
    struct spawn_args args = {
        .name = s->name,
        .elf = image_data(&in->image, file),
        .elf_size = file->size,
        .argv = argv,
        .caps = caps,
        .quota = {pages, s->slots, (uint16_t)s->threads, s->commits},
        .priority = (uint8_t)s->priority,
        .storage = (s->flags & SERVICE_STORAGE) != 0,
        .fpu = (s->flags & SERVICE_FPU) != 0,
        .fault = in->service.endpoint,
        .fault_badge = badge_make(BADGE_FAULT, 0, 0, number),
        .exit = in->exit_source,
        .budget_us = s->budget_us,
        .period_us = s->period_us,
        .image_boot = (s->flags & SERVICE_IMAGE) != 0 ? SLOT_BOOT : 0,
        .tick_hz = in->tick_hz,
        .prepare = prepare,
        .state = &state,
    };
    args.argc = arguments_split(s, copy, argv);
    args.cap_count = grants_name(in, number, caps);
    return spawn_program(&args, out_result);
}

/* In place of a service that is given up: it refuses all calls, so that nobody waits for ever. */
static void start_absent(struct init *in, uint32_t number)
{
    const struct description_service *s = service_at(in, number);
    struct running *r = &in->running[number];
    const struct image_file *file = image_find(&in->image, "/bin/absent");
    struct spawn_cap cap = {.name = "service", .source = r->endpoint, .rights = RIGHTS_ALL};
    const char *argv[] = {s->name};
    struct spawn_result result;

    if (file == NULL) return;
    struct spawn_args args = {
        .name = s->name,
        .elf = image_data(&in->image, file),
        .elf_size = file->size,
        .argc = 1,
        .argv = argv,
        .cap_count = 1,
        .caps = &cap,
        .quota = {ABSENT_PAGES, ABSENT_SLOTS, ABSENT_THREADS, s->commits},
        .priority = (uint8_t)s->priority,
        .storage = true, /* the log may be full: that may be why the service is given up */
        .fault = in->service.endpoint,
        .fault_badge = badge_make(BADGE_FAULT, 0, 0, number),
        .exit = in->exit_source,
        .tick_hz = in->tick_hz,
    };
    if (spawn_program(&args, &result) == OK) {
        r->process = result.process;
        r->pid = result.pid;
        return;
    }
    /* Not even that: whoever waits, or asks later, loses the capability and is told so. */
    (void)self_revoke(CAP_SLOT_SELF,
                      &(struct self_revoke_in){.source = {r->endpoint, RIGHTS_ALL, 0, 0}});
    r->cut = true;
}

static bool log_is_full(int err)
{
    return err == ERR_LOG_FULL || err == SELF_STORAGE;
}

/* What a service is to get: half of what is left at most, so that those behind it start, too. */
static uint32_t pages_share(const struct description_service *s)
{
    struct self_info_out self;
    uint32_t pages = s->pages;

    if (self_info(CAP_SLOT_SELF, &self) != OK) return pages;
    uint32_t left = self.info.pages_max - self.info.pages;
    while (pages > left / 2 && pages / 2 >= PAGES_LEAST) {
        pages /= 2;
    }
    return pages;
}

static void start_one(struct init *in, uint32_t number)
{
    const struct description_service *s = service_at(in, number);
    struct running *r = &in->running[number];
    struct spawn_result result;
    uint32_t pages = pages_share(s);
    char line[128];

    supervise_started(&r->life);
    int err = spawn_service(in, number, pages, &result);
    /* A small machine: less than the description says is better than no service. */
    while (err == SELF_QUOTA && pages / 2 >= PAGES_LEAST) {
        pages /= 2;
        err = spawn_service(in, number, pages, &result);
    }
    if (err == OK) {
        if (pages < s->pages) {
            print_format(line, sizeof(line), "init: %s gets %u of its %u pages\n", s->name, pages,
                         s->pages);
            news_add(in, line);
        }
        r->process = result.process;
        r->pid = result.pid;
        /* What the former one was asked for is forgotten. */
        if ((s->flags & SERVICE_TIMER) != 0) in->timer_armed = false;
        return;
    }
    print_format(line, sizeof(line), "init: %s cannot be started: error %d%s%d\n", s->name, err,
                 err == SPAWN_BAD_FILE ? ", ELF " : ", ", (int)result.elf_error);
    news_add(in, line);
    print_debug("%s", line);
    start_ended(in, number, NULL);
    if (!log_is_full(err)) return;
    supervise_give_up(&r->life); /* it only gets fuller */
    kept_forget(in, number);
    print_format(line, sizeof(line), "init: %s is given up: the log is full\n", s->name);
    news_add(in, line);
}

static bool needs_are_ready(const struct init *in, uint32_t number)
{
    for (uint32_t i = 0; i < in->description.service_count; i++) {
        bool manual = (service_at(in, i)->flags & SERVICE_MANUAL) != 0; /* may never come */
        bool needed = description_needs(&in->description, number, i) && !manual;
        if (needed && !in->running[i].ready_before) return false;
    }
    return true;
}

/* Without the timer nobody would wake init up when a back-off ends: then nothing waits. */
static bool timer_runs(const struct init *in)
{
    for (uint32_t i = 0; i < in->description.service_count; i++) {
        if ((service_at(in, i)->flags & SERVICE_TIMER) != 0) return in->running[i].process != 0;
    }
    return false;
}

/* The timer signals about ten milliseconds after it was armed, and only then. */
static void timer_arm(struct init *in)
{
    if (in->timer_armed) return;
    in->timer_armed = true;
    (void)sys_signal(in->arm_source);
}

void start_ready(struct init *in)
{
    bool waiting = false;

    for (uint32_t i = 0; i < in->description.service_count; i++) {
        const struct supervised *life = &in->running[i].life;
        bool due = life->life == LIFE_WAITING || supervise_is_due(life, init_now_ms(in)) ||
                   (life->life == LIFE_BACKOFF && !timer_runs(in));
        if (due && needs_are_ready(in, i)) start_one(in, i);
        const struct running *r = &in->running[i];
        bool alone = r->endpoint != 0 && r->process == 0 && !r->cut;
        if (life->life == LIFE_DISABLED && alone) start_absent(in, i);
        if (life->life == LIFE_BACKOFF) waiting = true;
    }
    if (waiting) timer_arm(in);
}

/* What it was is over, and its life goes on as it says by now. */
static void account_end(struct init *in, uint32_t number, const char *why)
{
    struct running *r = &in->running[number];
    char line[160];

    slot_discard(r->process);
    slot_discard(r->told);
    r->process = r->told = 0;
    names_forget(in, number);
    if (r->life.life == LIFE_DISABLED) kept_forget(in, number);
    if (why != NULL) {
        print_format(line, sizeof(line), "init: %s (pid %u) %s, now %s\n",
                     service_at(in, number)->name, r->pid, why,
                     r->life.life == LIFE_BACKOFF ? "restarting" : life_name(r->life.life));
        news_add(in, line);
    }
    r->pid = 0;
    if (r->life.life == LIFE_BACKOFF) timer_arm(in);
}

void start_ended(struct init *in, uint32_t number, const char *why)
{
    const struct description_service *s = service_at(in, number);
    const struct policy policy = {s->restart_limit, s->backoff_ms, (s->flags & SERVICE_ONCE) != 0};

    supervise_ended(&in->running[number].life, &policy, init_now_ms(in));
    account_end(in, number, why);
}

void start_stop(struct init *in, uint32_t number, int code)
{
    struct running *r = &in->running[number];
    struct process_kill_in kill = {.code = code};

    if (r->process != 0) (void)process_kill(r->process, &kill);
}

/* It is no failure of its own. Who follows it comes after it, when it is ready again. */
static void follow(struct init *in, uint32_t number, uint32_t whom)
{
    struct supervised *life = &in->running[number].life;
    char why[64];

    if (life->life != LIFE_STARTING && life->life != LIFE_READY) return;
    start_stop(in, number, -1);
    supervise_follow(life, init_now_ms(in));
    print_format(why, sizeof(why), "follows %s", service_at(in, whom)->name);
    account_end(in, number, why);
    start_ready(in);
}

void start_became_ready(struct init *in, uint32_t number)
{
    struct running *r = &in->running[number];

    supervise_ready(&r->life);
    if (!r->ready_before) {
        r->ready_before = true;
        r->ready_ticks = ticks_now();
        in->up_ticks = r->ready_ticks;
        start_ready(in);
        return;
    }
    for (uint32_t i = 0; i < in->description.service_count; i++) {
        if (!description_needs(&in->description, i, number)) continue;
        if ((service_at(in, i)->flags & SERVICE_FOLLOWS) != 0) follow(in, i, number);
        if (in->running[i].told != 0) (void)sys_signal(in->running[i].told);
    }
}

void start_restart(struct init *in, uint32_t number)
{
    struct running *r = &in->running[number];
    uint32_t restarts = r->life.restarts;

    if (r->process != 0) {
        start_stop(in, number, -1);
        start_ended(in, number, "ended on request");
    }
    r->cut = false;
    supervise_reset(&r->life, init_now_ms(in));
    r->life.restarts = restarts + 1;
    start_ready(in);
}

/* It runs, but does not answer, or not as what it should be. */
void start_unhealthy(struct init *in, uint32_t number, bool silent)
{
    const struct running *r = &in->running[number];
    bool up = r->life.life == LIFE_READY || r->life.life == LIFE_STARTING;

    if (r->process == 0 || !up) return; /* meanwhile it ended by itself */
    start_stop(in, number, -1);
    start_ended(in, number, silent ? "does not answer" : "speaks another interface");
    start_ready(in);
}

void start_check_ends(struct init *in)
{
    for (uint32_t i = 0; i < in->description.service_count; i++) {
        struct running *r = &in->running[i];
        struct process_info_out out;
        char why[48];
        if (r->process == 0) continue;
        int err = process_info(r->process, &out);
        if (err == OK && out.info.state != AXIOM_PROCESS_INFO_STATE_EXITED) continue;
        print_format(why, sizeof(why), "ended with code %d",
                     err == OK ? (int)out.info.exit_code : err);
        start_ended(in, i, why);
    }
}
