/* texts.c - see texts.h. */
#include "texts.h"

#include "bytes.h"
#include "idl/audit.h"
#include "idl/axiom.h"
#include "idl/vfs.h"
#include "startup.h"

enum { PIDS_MAX = 256 };

static int make_boots(const struct sources *sources, struct out *o)
{
    struct directory_usage_out out;
    int err = directory_usage(sources->files, &out);

    if (err == OK) out_print(o, "%lu\n", out.boots);
    return err;
}

static int make_head(const struct sources *sources, struct out *o)
{
    struct audit_head_out head;
    int err = audit_head(sources->audit, &(struct audit_head_in){0}, &head);

    if (err != OK) return err;
    uint8_t hash[32]; /* a copy: it lies in the message page */
    uint32_t len = head.hash.len < sizeof(hash) ? head.hash.len : sizeof(hash);
    memcpy(hash, head.hash.at, len);
    out_print(o, "%lu ", head.hashed);
    for (uint32_t i = 0; i < len; i++) {
        out_print(o, "%02x", hash[i]);
    }
    out_print(o, "\n");
    return OK;
}

static int make_memory(const struct sources *sources, struct out *o)
{
    struct observe_memory_out m;
    int err = observe_memory(sources->observe, &m);

    if (err == OK) out_print(o, "total %lu\nfree %lu\n", m.total_pages * 4096, m.free_pages * 4096);
    return err;
}

static int make_processes(const struct sources *sources, struct out *o)
{
    static uint32_t pids[PIDS_MAX];
    struct observe_processes_out list;
    int err = observe_processes(sources->observe, &(struct observe_processes_in){0}, &list);

    if (err != OK) return err;
    uint32_t count = list.pids.count < PIDS_MAX ? list.pids.count : PIDS_MAX;
    for (uint32_t i = 0; i < count; i++) {
        pids[i] = (uint32_t)list.pids.at[i];
    }
    for (uint32_t i = 0; i < count; i++) {
        struct observe_process_out out;
        struct observe_process_in in = {.pid = pids[i]};
        if (observe_process(sources->observe, &in, &out) != OK) continue; /* it ended */
        out_print(o, "%u %.*s\n", pids[i], (int)out.info.name.len, out.info.name.at);
    }
    return OK;
}

static int make_uptime(const struct sources *sources, struct out *o)
{
    uint64_t hz = startup_page()->tick_hz;

    (void)sources;
    if (hz < 1000) return ERR_RANGE;
    uint64_t ms = ticks_now() / (hz / 1000);
    out_print(o, "%lu.%03lu\n", ms / 1000, ms % 1000);
    return OK;
}

const struct file files[] = {
    {"", NULL},
    {"/boots", make_boots},
    {"/log", NULL},
    {"/log/head", make_head},
    {"/memory", make_memory},
    {"/processes", make_processes},
    {"/uptime", make_uptime},
};
const uint32_t file_count = sizeof(files) / sizeof(files[0]);
