/* man.c - help at length: of a command, with the methods it calls; of a method, of an interface. */
#include "bytes.h"
#include "commands.h"
#include "text.h"

enum { LINE_BYTES = 2048 };
static const char interfaces[] = "/man/interfaces";

/* Which methods do what the command says. */
static const struct {
    const char *command, *methods;
} calls[] = {
    {"ls", "Directory.list"},
    {"cat", "File.read"},
    {"cp", "Directory.copy"},
    {"mv", "Directory.rename"},
    {"rm", "Directory.remove"},
    {"rmdir", "Directory.remove"},
    {"mkdir", "Directory.mkdir"},
    {"stat", "Directory.stat"},
    {"ln", "Directory.link"},
    {"chmod", "Directory.chmod"},
    {"chown", "Directory.chown"},
    {"df", "Directory.usage"},
    {"quota", "Directory.setQuota"},
    {"write", "File.write"},
    {"log", "Audit.log"},
    {"syslog", "Audit.syslog"},
    {"verify", "Audit.verify"},
    {"why", "Audit.why"},
    {"restart", "Registry.restart"},
    {"services", "Registry.list"},
    {"sync", "Ledger.sync"},
    {"poweroff", "Power.off"},
    {"snapshot", "Directory.copy"},
    {"layers", "Directory.overlay"},
    {"change", "Directory.commit"},
    {"override", "Directory.override"},
    {"login", "Identity.login"},
    {"logout", "UserSession.logout"},
    {"assume", "Identity.login"},
    {"whoami", "UserSession.whoami"},
    {"perm", "Subject.request"},
    {"rand", "Random.bytes"},
};

/* The paragraph of the interfaces that begins with a heading for `name`. */
static bool section_show(struct shell *sh, const char *name)
{
    static struct reader r;
    static char line[LINE_BYTES];
    uint32_t len, level = 0;
    size_t name_len = strlen(name);

    if (!reader_open(sh, &r, interfaces)) return false;
    while (!shell_stopped(sh) && reader_line(&r, line, sizeof(line), &len)) {
        uint32_t marks = 0;
        while (line[marks] == '#') {
            marks++;
        }
        const char *title = line + marks + (line[marks] == ' ' ? 1 : 0);
        if (level != 0 && marks != 0 && marks <= level) break;
        if (level == 0 && marks != 0) {
            if (strncmp(title, "interface ", 10) == 0) title += 10;
            bool here = strncmp(title, name, name_len) == 0 &&
                        (title[name_len] == '\0' || title[name_len] == ' ');
            if (here) level = marks;
        }
        if (level != 0) shell_print(sh, "%s\n", marks != 0 ? title : line);
    }
    return reader_close(&r) == STATUS_OK && level != 0;
}

static void command_show(struct shell *sh, const struct row *row)
{
    shell_print(sh, "%s - %s\n\n    %s\n\n", row->name, row->help, row->usage);
    shell_print(sh, "Status: 0 done, 1 refused or failed, 2 wrong usage, 130 Ctrl-C.\n");
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        if (strcmp(calls[i].command, row->name) != 0) continue;
        shell_print(sh, "It calls:\n\n");
        (void)section_show(sh, calls[i].methods);
    }
}

int run_man(struct shell *sh, int argc, char **argv)
{
    const struct row *row = row_find(argv[1]);

    (void)argc;
    if (row != NULL) {
        command_show(sh, row);
        return STATUS_OK;
    }
    if (section_show(sh, argv[1])) return STATUS_OK;
    return shell_refused(sh, argv[1], "neither a command nor an interface, nor Interface.method");
}
