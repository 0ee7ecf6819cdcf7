/* table.c - the commands: one row each. */
#include "bytes.h"
#include "commands.h"

const struct row rows[] = {
    {"help", "help [COMMAND]", "lists the commands, or explains one", 0, 1, COMPLETES_COMMAND,
     run_help},
    {"ps", "ps", "processes: state, memory, threads, time", 0, 0, COMPLETES_NOTHING, run_ps},
    {"services", "services", "services as init sees them", 0, 0, COMPLETES_NOTHING, run_services},
    {"caps", "caps NAME [--boot N]", "capabilities that a process holds", 1, 1, COMPLETES_NAME,
     run_caps},
    {"mem", "mem", "memory of the machine and of the logs", 0, 0, COMPLETES_NOTHING, run_mem},
    {"log", "log [COUNT] [--follow] [--boot N] | log head",
     "the last commits of the CommitLog; what is kept", 0, 2, COMPLETES_NOTHING, run_log},
    {"boots", "boots", "boots that the disk knows: commits, head, and the head before", 0, 0,
     COMPLETES_NOTHING, run_boots},
    {"lives", "lives [--boot N]", "processes of a boot: between which commits each lived", 0, 0,
     COMPLETES_NOTHING, run_lives},
    {"syslog", "syslog [COUNT]", "the last events of the SysLog", 0, 1, COMPLETES_NOTHING,
     run_syslog},
    {"show", "show SEQ [--boot N]", "one commit, its hash and what caused it", 1, 1,
     COMPLETES_NOTHING, run_show},
    {"verify", "verify [--boot N]", "checks chain, fold and live state of all authority", 0, 0,
     COMPLETES_NOTHING, run_verify},
    {"at", "at SEQ caps NAME [--boot N]", "what a process held after that commit", 3, 3,
     COMPLETES_NAME, run_at},
    {"why", "why NAME SLOT [--boot N]", "how a process came to hold a capability", 2, 2,
     COMPLETES_NAME, run_why},
    {"who", "who NAME SLOT [--boot N] | who OBJECT [--boot N]",
     "who else holds what is in that slot, or at that address", 1, 2, COMPLETES_NAME, run_who},
    {"ls", "ls [-l] [PATH]", "names in a directory", 0, 2, COMPLETES_PATH, run_ls},
    {"cat", "cat PATH ...", "contents of files", 1, 31, COMPLETES_PATH, run_cat},
    {"echo", "echo [TEXT ...]", "prints its arguments", 0, 31, COMPLETES_PATH, run_echo},
    {"cp", "cp SOURCE TARGET", "copies a file", 2, 2, COMPLETES_PATH, run_cp},
    {"mv", "mv SOURCE TARGET", "renames a file or directory", 2, 2, COMPLETES_PATH, run_mv},
    {"rm", "rm PATH ...", "removes files and empty directories", 1, 31, COMPLETES_PATH, run_rm},
    {"mkdir", "mkdir PATH ...", "makes directories", 1, 31, COMPLETES_PATH, run_mkdir},
    {"stat", "stat PATH", "kind, size and times of a file", 1, 1, COMPLETES_PATH, run_stat},
    {"df", "df", "room in the file system", 0, 0, COMPLETES_NOTHING, run_df},
    {"spawn", "spawn PROGRAM [ARGUMENTS]", "starts a program in the background", 1, 31,
     COMPLETES_PROGRAM, run_spawn},
    {"kill", "kill NAME|PID", "ends a process", 1, 1, COMPLETES_NAME, run_kill},
    {"restart", "restart NAME", "ends a service and starts it again", 1, 1, COMPLETES_SERVICE,
     run_restart},
    {"grant", "grant SLOT NAME NEWSLOT [RIGHTS]", "gives a copy of this shell's capability in SLOT",
     3, 4, COMPLETES_NAME, run_grant},
    {"revoke", "revoke NAME SLOT", "takes a capability, and all derived from it", 2, 2,
     COMPLETES_NAME, run_revoke},
    {"pingpong", "pingpong [ROUNDS]", "calls between two processes: counts and ticks", 0, 1,
     COMPLETES_NOTHING, run_pingpong},
    {"memhog", "memhog [PAGES]", "a program takes memory until its quota ends", 0, 1,
     COMPLETES_NOTHING, run_memhog},
    {"spin", "spin [SECONDS]", "a program that only computes; Ctrl-C ends it", 0, 1,
     COMPLETES_NOTHING, run_spin},
    {"pci", "pci [-v]", "devices on the bus; with -v where their registers are", 0, 1,
     COMPLETES_NOTHING, run_pci},
    {"disk", "disk", "the disk, and what it can do", 0, 0, COMPLETES_NOTHING, run_disk},
    {"sync", "sync", "waits until all that was done is on the disk", 0, 0, COMPLETES_NOTHING,
     run_sync},
    {"uptime", "uptime", "time since the processor started", 0, 0, COMPLETES_NOTHING, run_uptime},
    {"clear", "clear", "clears the screen", 0, 0, COMPLETES_NOTHING, run_clear},
    {"history", "history", "the last command lines", 0, 0, COMPLETES_NOTHING, run_history},
    {"reboot", "reboot", "starts the machine again", 0, 0, COMPLETES_NOTHING, run_reboot},
    {"poweroff", "poweroff", "switches the machine off", 0, 0, COMPLETES_NOTHING, run_poweroff},
    {"exit", "exit [STATUS]", "ends this shell and its programs", 0, 1, COMPLETES_NOTHING,
     run_exit},
};
const uint32_t row_count = sizeof(rows) / sizeof(rows[0]);

const struct row *row_find(const char *name)
{
    for (uint32_t i = 0; i < row_count; i++) {
        if (strcmp(rows[i].name, name) == 0) return &rows[i];
    }
    return NULL;
}
