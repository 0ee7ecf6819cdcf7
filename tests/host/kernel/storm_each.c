/* storm_each.c - each checker as if it were the only one. What a checker says changes nothing, so
 * all of them can be asked along one run: what one sees there it sees alone, too. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fold.h"
#include "invariants.h"
#include "storm.h"

enum { EACH_MAX = 64, WORLD_STEPS = 400 };
enum { SEED_SECONDS = 4 }; /* of processor time; a tenth of it is usual */

static struct { /* shared with the children */
    bool fails[EACH_MAX], fold, again, panic;
} * seen;
static sigjmp_buf out_of_checker;
static volatile sig_atomic_t in_checker;

static void caught(int number)
{
    if (in_checker) siglongjmp(out_of_checker, number);
    signal(number, SIG_DFL);
    raise(number);
}

/* A checker that is led astray by what another one would have seen has seen nothing. */
static bool says_no(bool (*holds)(size_t), size_t i)
{
    bool no = false;
    if (sigsetjmp(out_of_checker, 1) == 0) {
        in_checker = 1;
        CATCH_PANIC(no = !holds(i));
        if (fake.panic != NULL) no = false;
    }
    fake.catching = false;
    in_checker = 0;
    return no;
}

static bool fold_as_one(size_t i)
{
    (void)i;
    return fold_agrees();
}

static const char *ask_each(void)
{
    view_take();
    for (size_t i = 0; i < invariants_count(); i++) {
        if (!seen->fails[i]) seen->fails[i] = says_no(invariant_holds, i);
    }
    if (!seen->fold) seen->fold = says_no(fold_as_one, 0);
    return NULL;
}

static void make_list(struct steps *list, uint64_t seed, uint64_t number, size_t count)
{
    struct source s = source_of(seed, number);
    list->count = count;
    for (size_t i = 0; i < count; i++) {
        list->at[i] = step_random(&s);
    }
}

static _Noreturn void run_seed(uint64_t seed, uint64_t steps)
{
    static struct steps list;
    struct sigaction action = {.sa_handler = caught, .sa_flags = SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    struct itimerval limit = {.it_value = {.tv_sec = SEED_SECONDS}};
    setitimer(ITIMER_VIRTUAL, &limit, NULL);
    storm_check = ask_each;
    for (uint64_t number = 0; number * WORLD_STEPS < steps; number++) {
        make_list(&list, seed, number, 1 + WORLD_STEPS);
        const char *what = storm_run(&list, NULL, NULL);
        uint64_t digest = what == NULL && number == 0 ? storm_digest() : 0;
        if (what == NULL && number == 0) what = storm_run(&list, NULL, NULL);
        if (what == NULL && number == 0 && storm_digest() != digest) seen->again = true;
        if (what != NULL) seen->panic = true;
    }
    _exit(0);
}

void storm_each(uint64_t first, uint64_t seeds, uint64_t steps)
{
    seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (seen == MAP_FAILED || invariants_count() > EACH_MAX) abort();
    for (uint64_t i = 0; i < seeds; i++) {
        fflush(NULL);
        pid_t child = fork();
        if (child < 0) abort();
        if (child == 0) run_seed(first + i, steps);
        waitpid(child, NULL, 0);
    }
    for (size_t i = 0; i < invariants_count(); i++) {
        printf("%s %s\n", invariant_id(i), seen->fails[i] ? "fails" : "holds");
    }
    printf("fold %s\nI18 %s\nCHECK %s\n", seen->fold ? "fails" : "holds",
           seen->again ? "fails" : "holds", seen->panic ? "fails" : "holds");
}
