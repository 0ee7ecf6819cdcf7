/* keeping.c - what outlives the machine's power: the ledger asked. */
#include "bytes.h"
#include "commands.h"
#include "idl/stream.h"

static void head_show(struct shell *sh, const struct data *head)
{
    for (uint32_t i = 0; i < head->len; i++) {
        shell_print(sh, "%02x", head->at[i]);
    }
}

int log_head_show(struct shell *sh)
{
    static struct ledger_status_out s; /* printing uses the message page */
    static uint8_t head[32];
    static char wrong[121];
    int err = sh->ledger == 0 ? ERR_CAP_EMPTY : ledger_status(sh->ledger, &s);
    if (err != OK) return shell_failed(sh, "log", LEDGER_ID, err);
    memcpy(head, s.last_head.at, s.last_head.len);
    memcpy(wrong, s.wrong.at, s.wrong.len);
    wrong[s.wrong.len] = '\0';
    if (!s.on_disk) {
        shell_print(sh, "log: %s: what is written ends with the machine's power\n", wrong);
        return STATUS_OK;
    }
    shell_print(sh, "log: boot %u, %lu commits of it on the disk, %lu of %lu blocks free\n", s.boot,
                s.written, s.free, s.blocks);
    if (s.last_head.len > 0) {
        const struct data last = data_from(head, s.last_head.len);
        shell_print(sh, "log: the boot before ended with %lu commits, head ", s.last_count);
        head_show(sh, &last);
        shell_print(sh, "\n");
    }
    if (wrong[0] != '\0') shell_print(sh, "log: %s\n", wrong);
    return wrong[0] == '\0' ? STATUS_OK : STATUS_ERROR;
}

int run_sync(struct shell *sh, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    int err = sh->ledger == 0 ? ERR_CAP_EMPTY : ledger_sync(sh->ledger);
    return err == OK ? STATUS_OK : shell_failed(sh, "log", LEDGER_ID, err);
}

void log_keep(struct shell *sh)
{
    int err = sh->ledger == 0 ? OK : ledger_sync(sh->ledger);
    if (err == OK) return;
    (void)shell_failed(sh, "the end of the log is not on the disk", LEDGER_ID, err);
    shell_flush(sh);
}
