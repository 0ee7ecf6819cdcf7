/* main.c - all rows, and the lines in which they are told. */
#include "bench.h"
#include "bytes.h"
#include "idl/console.h"
#include "panic.h"
#include "print.h"
#include "slots.h"

enum { TEXT_MAX = 16384, LINE_MAX = 120, PIDS_MAX = 32 };

static uint32_t samples[SAMPLES_MAX], sample_count;
static char text[TEXT_MAX];
static size_t text_length;

void sample_keep(uint32_t ticks)
{
    samples[sample_count++ % SAMPLES_MAX] = ticks;
}

void note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (text_length + LINE_MAX < TEXT_MAX)
        text_length += print_format_list(text + text_length, LINE_MAX, format, args);
    va_end(args);
}

/* For the counting plugin: the next row begins. */
static void row_mark(void)
{
    sample_count = 0;
    __asm__ volatile("nopl %c0(%%rax)" ::"i"(MARKER_ROW) : "memory");
}

void figure(const char *name, uint32_t each)
{
    uint32_t count = sample_count < SAMPLES_MAX ? sample_count : SAMPLES_MAX;
    for (uint32_t i = 1; i < count; i++) {
        uint32_t value = samples[i], at = i;
        for (; at > 0 && samples[at - 1] > value; at--) {
            samples[at] = samples[at - 1];
        }
        samples[at] = value;
    }
    NEED(count > 0);
    note("row %s %u %u %u %u %u\n", name, samples[0], samples[count / 2], samples[count - 1], count,
         each);
    row_mark();
}

/* All lines at once: the console and its driver have nothing to do while a row is measured. */
static void tell(void)
{
    struct console_open_out out = {.session = {.slot = slot_alloc()}};
    if (console_open(startup_cap("console"), &out) != OK) return;
    for (size_t at = 0; at < text_length;) {
        size_t part = text_length - at < 1024 ? text_length - at : 1024;
        struct session_write_in in = {.data = data_from(text + at, part)};
        if (session_write(out.session.slot, &in) != OK) return;
        at += part;
    }
    (void)session_close(out.session.slot);
}

_Noreturn void need_failed(const char *file, int line)
{
    note("failed %s %d\n", file, line);
    tell();
    program_exit(EXIT_ERROR);
}

static void rows_empty(void)
{
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t start = stamp();
        uint32_t end = stamp();
        sample(end - start);
    }
    figure("empty", 1);
}

/* What each process uses while all wait. */
static void memory_tell(void)
{
    cap_t observe = startup_cap("observe");
    struct observe_processes_in in = {.after = 0};
    struct observe_processes_out out;
    struct observe_memory_out m;
    uint32_t pids[PIDS_MAX], count = 0;
    NEED(observe_processes(observe, &in, &out) == OK);
    for (; count < out.pids.count && count < PIDS_MAX; count++) {
        pids[count] = (uint32_t)out.pids.at[count];
    }
    for (uint32_t i = 0; i < count; i++) {
        struct observe_process_in ask = {.pid = pids[i]};
        struct observe_process_out one;
        if (observe_process(observe, &ask, &one) != OK) continue;
        note("memory %.*s %u\n", (int)one.info.name.len, one.info.name.at, one.info.pages * 4);
    }
    NEED(observe_memory(observe, &m) == OK);
    note("memory (kernel) %lu\nmemory (logs) %lu\n", m.kernel_pages * 4, m.log_pages * 4);
    note("memory (all) %lu\n", (m.total_pages - m.free_pages) * 4);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "side") == 0) return side_run(argv[2]);
    memory_tell();
    peers_init();
    row_mark();
    rows_empty();
    if (argc == 2 && strcmp(argv[1], "scale") == 0) {
        rows_scale();
    } else {
        rows_calls();
        rows_processes();
        rows_rings();
        rows_files();
        rows_stream();
    }
    note("end\n");
    tell();
    return EXIT_OK;
}
