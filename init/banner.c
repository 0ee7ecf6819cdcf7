/* banner.c - what this system is, for people and for machines. */
#include "bytes.h"
#include "init.h"
#include "text.h"

enum { SLOT_BOOT = 3, KERNEL_ID_BYTES = 20 /* a SHA-1 build id */ };

static uint64_t micros(const struct init *in, uint64_t ticks)
{
    return ticks / (in->tick_hz / 1000) * 1000 +
           ticks % (in->tick_hz / 1000) * 1000 / (in->tick_hz / 1000);
}

static void millis_print(const struct init *in, struct out *o, const char *what, uint64_t from,
                         uint64_t to)
{
    uint64_t us = to > from ? micros(in, to - from) : 0;

    out_print(o, "%s %lu.%lu ms", what, us / 1000, us % 1000 / 100);
}

static void id_print(struct out *o, struct data id, uint32_t bytes)
{
    for (uint32_t i = 0; i < id.len && i < bytes; i++) {
        out_print(o, "%02x", id.at[i]);
    }
}

void banner_text(const struct init *in, struct out *o)
{
    struct boot_info_out info;

    if (boot_info(SLOT_BOOT, &info) != OK) return;
    out_print(o, "Waterlight %.*s, kernel ", (int)info.version.len, info.version.at);
    id_print(o, info.build_id, 6);
    out_print(o, ", image ");
    id_print(o, info.image_id, 6);
    /* the kernel does not start where one of these is missing */
    out_print(o, "\n%lu MiB memory, %u CPU%s; in use: nx smep smap umip fsgsbase global",
              info.memory_bytes >> 20, info.cpus, info.cpus == 1 ? "" : "s");
    if (info.leaks != 0) out_print(o, "; this CPU leaks (0x%lx)", info.leaks);
    out_print(o, "\n");
    millis_print(in, o, "kernel", info.entry_ticks, info.start_ticks);
    millis_print(in, o, ", axiom", info.start_ticks, in->main_ticks);
    millis_print(in, o, ", init and services", in->main_ticks,
                 in->prompt_ticks != 0 ? in->prompt_ticks : in->up_ticks);
    out_print(o, "; `help` lists the commands\n");
}

void banner_json(const struct init *in, struct out *o)
{
    struct boot_info_out info;

    if (boot_info(SLOT_BOOT, &info) != OK) return;
    out_print(o, "{\"ready\":true,\"version\":\"%.*s\",\"kernel\":\"", (int)info.version.len,
              info.version.at);
    id_print(o, info.build_id, KERNEL_ID_BYTES);
    uint64_t ticks = in->prompt_ticks - info.entry_ticks;
    out_print(o, "\",\"ms\":%lu,\"ticks\":%lu,\"tick_hz\":%lu,\"instructions\":",
              micros(in, ticks) / 1000, ticks, in->tick_hz);
    /* Only an emulator that counts time in instructions makes the time stamp tell them. */
    if (text_has_word(info.command_line.at, info.command_line.len, "icount")) {
        out_print(o, "%lu}", ticks);
    } else {
        out_print(o, "null}");
    }
}
