/* main.c - the shell: a prompt, a line, its commands, and again. */
#include "bytes.h"
#include "idl/audit.h"
#include "idl/console.h"
#include "idl/registry.h"
#include "panic.h"
#include "print.h"
#include "shell.h"
#include "slots.h"

enum { KEYS_MAX = 64, SHOWN_BYTES = 4096, KEY_INTERRUPT = 3 };

static const char prompt[] = "wl> ";
static struct shell shell;

/* Before each prompt: the status of the last command, for programs that drive the line. */
static void prompt_show(struct shell *sh)
{
    char text[64];
    size_t len = print_format(text, sizeof(text), "\x1b]133;D;%d\x07%s", sh->status, prompt);

    shell_show(sh, text, len);
}

static void news_show(struct shell *sh)
{
    struct registry_news_out out;

    while (registry_news(CAP_SLOT_REGISTRY, &out) == OK && out.text.len > 0) {
        shell_bytes(sh, out.text.at, out.text.len);
        shell_flush(sh);
    }
}

/* The line of this boot for programs: init's, with the head of the commit log put in. */
static void ready_show(struct shell *sh)
{
    struct registry_prompt_out ready;
    struct audit_head_out head;
    char line[400];

    if (registry_prompt(CAP_SLOT_REGISTRY, &ready) != OK || ready.text.len == 0) return;
    size_t len = ready.text.len < sizeof(line) ? ready.text.len : sizeof(line);
    memcpy(line, ready.text.at, len);
    shell_bytes(sh, line, len - 1); /* without the closing brace */
    if (sh->audit != 0 && audit_head(sh->audit, &(struct audit_head_in){0}, &head) == OK) {
        shell_print(sh, ",\"commits\":%lu,\"head\":\"", head.commits);
        for (uint32_t i = 0; i < head.hash.len; i++) {
            shell_print(sh, "%02x", head.hash.at[i]);
        }
        shell_print(sh, "\"");
    }
    shell_print(sh, "}\n");
}

static void banner_show(struct shell *sh)
{
    struct registry_banner_out out;

    if (registry_banner(CAP_SLOT_REGISTRY, &out) == OK) {
        shell_bytes(sh, out.text.at, out.text.len);
    }
    if (sh->ledger != 0) (void)log_head_show(sh);
    if (sh->vault != 0) (void)keystore_line(sh);
    if (sh->random != 0) random_line(sh);
    ready_show(sh);
    shell_flush(sh);
}

/* Keys of one read. True: the line is complete and stands in the editor. */
static bool keys_take(struct shell *sh, const uint8_t *keys, uint32_t len, uint32_t *at,
                      struct out *o)
{
    while (*at < len) {
        switch (editor_key(&sh->editor, keys[(*at)++], o)) {
        case EDITOR_NOTHING:
            break;
        case EDITOR_LINE:
            return true;
        case EDITOR_INTERRUPT:
            sh->status = STATUS_INTERRUPTED;
            sh->editor.line[0] = '\0';
            return true;
        case EDITOR_TOO_LONG:
            out_print(o, "shell: more than %u bytes; nothing of the line was done\n",
                      EDITOR_LINE_MAX - 1);
            sh->status = STATUS_USAGE;
            sh->editor.line[0] = '\0';
            return true;
        case EDITOR_END:
            out_print(o, "exit\n");
            (void)memcpy(sh->editor.line, "exit", sizeof("exit"));
            return true;
        case EDITOR_COMPLETE:
            shell_complete(sh, o);
            break;
        }
    }
    return false;
}

/* Bytes that came behind the end of a line wait here for the next one. */
struct typed {
    uint8_t keys[KEYS_MAX];
    uint32_t at, len;
};

/* Between the prompt and what comes of the keys that were kept. */
static void lost_show(struct shell *sh, struct session_read_out *read)
{
    static uint8_t kept[KEYS_MAX]; /* printing uses the message page */
    char shown[SHOWN_BYTES];
    struct out o = out_to(shown, sizeof(shown));

    memcpy(kept, read->data.at, read->data.len);
    read->data.at = kept;
    shell_print(sh, "\nshell: %u bytes typed ahead were lost\n", read->lost);
    shell_print(sh, "%s", prompt);
    shell_flush(sh);
    editor_redraw(&sh->editor, &o);
    shell_show(sh, shown, o.len);
}

/* More keys. False: Ctrl-C came between two reads, which means the same as the key. */
static bool keys_read(struct shell *sh, struct typed *typed)
{
    struct session_read_in in = {.max = KEYS_MAX};
    struct session_read_out out;

    for (;;) {
        int err = session_read(sh->session, &in, &out);
        if (err == OK && out.lost == 0) break;
        if (err == OK) {
            lost_show(sh, &out);
            break;
        }
        if (err == SESSION_INTERRUPTED) {
            if (!sh->interrupt_served) return false;
            sh->interrupt_served = false;
            continue;
        }
        /* The console was started again. What was typed of the line is still here. */
        char shown[SHOWN_BYTES];
        struct out o = out_to(shown, sizeof(shown));
        if (!shell_open(sh)) sys_yield();
        prompt_show(sh);
        editor_redraw(&sh->editor, &o);
        shell_show(sh, shown, o.len);
    }
    typed->at = 0;
    typed->len = out.data.len;
    memcpy(typed->keys, out.data.at, out.data.len);
    return true;
}

static void line_read(struct shell *sh, struct typed *typed)
{
    char shown[SHOWN_BYTES];
    bool done = false;

    editor_start(&sh->editor, prompt, &sh->history);
    while (!done) {
        static const uint8_t interrupt = KEY_INTERRUPT;
        struct out o = out_to(shown, sizeof(shown));
        uint32_t at = 0;
        if (typed->at == typed->len && !keys_read(sh, typed)) {
            done = keys_take(sh, &interrupt, 1, &at, &o);
        } else {
            done = keys_take(sh, typed->keys, typed->len, &typed->at, &o);
        }
        shell_show(sh, shown, o.len);
    }
}

static void setup(struct shell *sh)
{
    const struct startup *page = startup_page();

    sh->console = startup_cap("console");
    sh->files = sh->own_files = startup_cap("files");
    sh->audit = startup_cap("audit");
    sh->observe = startup_cap("observe");
    sh->power = startup_cap("power");
    sh->pci = startup_cap("pci");
    sh->vault = startup_cap("vault");
    sh->keys = startup_cap("keys");
    sh->disks[0] = startup_cap("disk");
    sh->disks[1] = startup_cap("disk_files");
    sh->disks[2] = startup_cap("disk_keys");
    sh->ledger = startup_cap("ledger");
    sh->random = startup_cap("random");
    sh->time = startup_cap("time");
    sh->identity = startup_cap("identity");
    sh->permission = startup_cap("permission");
    sh->person = startup_cap("person");
    sh->subject = startup_cap("subject");
    sh->of_person = sh->person != 0;
    sh->has_image = page->image_size != 0 &&
                    image_open((const void *)page->image_address, page->image_size, &sh->image);
    sh->out = out_to(sh->output, sizeof(sh->output));
    if (!jobs_setup(sh)) PANIC("no endpoint for programs");
    /* A shell that another one started shares its session. */
    sh->session = startup_cap("terminal");
    if (sh->session == 0 && !shell_open(sh)) PANIC("no session of the console");
}

static void interact(struct shell *sh)
{
    static struct typed typed;
    struct session_mode_in raw = {.raw = true, .echo = false};

    (void)session_mode(sh->session, &raw); /* the shell that started this one left it otherwise */
    while (!sh->leaving && login_lasts(sh)) {
        jobs_look(sh);
        sh->interrupted = false;
        news_show(sh);
        permissions_news(sh);
        shell_flush(sh);
        prompt_show(sh);
        line_read(sh, &typed);
        history_add(&sh->history, sh->editor.line);
        if (sh->editor.line[0] != '\0') shell_run_line(sh, sh->editor.line);
    }
    jobs_end(sh);
}

/* shell [--quiet] talks to a person; shell -c LINE runs one line, and its status is the line's. */
int main(int argc, char **argv)
{
    struct shell *sh = &shell;

    setup(sh);
    if (argc == 3 && strcmp(argv[1], "-c") == 0) {
        shell_run_line(sh, argv[2]);
        return sh->leaving ? sh->exit_code : sh->status;
    }
    (void)registry_ready(CAP_SLOT_REGISTRY);
    if (argc < 2 || strcmp(argv[1], "--quiet") != 0) banner_show(sh);
    interact(sh);
    return sh->exit_code;
}
