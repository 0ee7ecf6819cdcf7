/* main.c - which rows are measured. */
#include "micro.h"
#include "output.h"

_Noreturn void start_program(const struct boot_info *boot);

/* The word of the command line behind `key`, which is compared with a row's name. */
static const char *asked(const char *cmdline, const char *key)
{
    for (; *cmdline != '\0'; cmdline++) {
        uint32_t i = 0;
        while (key[i] != '\0' && cmdline[i] == key[i]) {
            i++;
        }
        if (key[i] == '\0') return cmdline + i;
    }
    return "";
}

/* Rows of a series are measured only if asked for: there are many, and some take long. */
static bool is_asked(const char *name, const char *prefix)
{
    if (name[0] == 's' && name[1] == 'c' && *prefix != 's') return false;
    for (; *prefix != '\0' && *prefix != ' '; prefix++, name++) {
        if (*name != *prefix) return false;
    }
    return true;
}

static void rows_run(const struct row *r, const char *prefix)
{
    for (; r->name != NULL; r++) {
        if (!is_asked(r->name, prefix)) continue;
        row_begin();
        __asm__ volatile("nopl %c0(%%rax)" ::"i"(MARKER_ROW)
                         : "memory"); /* the plugin's next row */
        r->run(r);
        row_print(r->name, r->each != 0 ? r->each : 1);
        row_end();
    }
}

/* Words of the command line: only=PREFIX, the rows whose name begins so. */
_Noreturn void start_program(const struct boot_info *boot)
{
    output_init();
    objects_init(boot);
    const char *prefix = asked(boot->cmdline, "only=");
    rows_run(rows_empty, "");
    rows_run(rows_message, prefix);
    rows_run(rows_signal, prefix);
    rows_run(rows_events, prefix);
    rows_run(rows_caps, prefix);
    rows_run(rows_scale, prefix);
    say("end\n");
    finish(0);
}
