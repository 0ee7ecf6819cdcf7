/* genesis.c - Boot, which is init's, and Observe. */
#include "serve.h"

#include "area.h"
#include "bytes.h"
#include "cpus.h"
#include "image.h"
#include "leaks.h"

enum { PAGE = 4096, PIDS_MAX = 256 };

static int result_of(enum err err)
{
    switch ((int)err) {
    case ERR_NO_MEMORY:
        return BOOT_QUOTA;
    case ERR_RANGE:
    case ERR_MAPPED:
        return BOOT_BAD_ADDRESS;
    case ERR_SLOT_USED:
    case ERR_REVOKED:
        return BOOT_SLOT_USED;
    default:
        return (int)err;
    }
}

static int on_irq_create(struct request *rq, const struct boot_irq_create_in *in)
{
    uint64_t slot = process_slot(serve_asker(rq), in->slot);
    struct message m = {.w = {in->line, slot}};
    if (in->notification.slot == 0) return ERR_CAP_TYPE;
    enum err err = kern_invoke(GS_IRQ_CONTROL, OP_IRQ_GET, 2, &m);
    if (err == ERR_BUSY) return BOOT_BAD_LINE;
    if (err != OK) return result_of(err);
    m = (struct message){.w = {in->notification.slot}};
    err = kern_invoke(slot, OP_IRQ_BIND, 1, &m);
    if (err != OK) (void)kern_delete(slot);
    return (int)err;
}

static int on_ports_create(struct request *rq, const struct boot_ports_create_in *in)
{
    struct message m = {.w = {in->first, in->last, process_slot(serve_asker(rq), in->slot)}};
    if (in->first > in->last) return BOOT_BAD_PORTS;
    return result_of(kern_invoke(GS_PORT_CONTROL, OP_PORTS_GET, 3, &m));
}

static int on_image_map(struct request *rq, const struct boot_image_map_in *in,
                        struct boot_image_map_out *out)
{
    bool other = in->process.type != CAP_EMPTY;
    struct process *p = other ? serve_named(&in->process) : serve_asker(rq);
    if (p == NULL) return BOOT_NO_PROCESS;
    return result_of(image_map(p, in->address, &out->bytes));
}

static int on_log_map(struct request *rq, const struct boot_log_map_in *in)
{
    struct process *p = serve_named(&in->process);
    (void)rq;
    if (p == NULL) return BOOT_NO_PROCESS;
    return result_of(logs_map(p, in->address, in->ledger));
}

static int on_cursor_grant(struct request *rq, const struct boot_cursor_grant_in *in)
{
    const struct process *p = serve_named(&in->process);
    (void)rq;
    if (p == NULL) return BOOT_NO_PROCESS;
    return result_of(kern_copy(process_slot(p, in->slot), GS_LOG, RIGHT_READ));
}

static int on_badge_mint(struct request *rq, const struct boot_badge_mint_in *in)
{
    if (in->endpoint.slot == 0) return ERR_CAP_TYPE;
    return result_of(kern_mint(process_slot(serve_asker(rq), in->slot), in->endpoint.slot,
                               in->rights, in->badge | BADGE_TRUSTED, 0));
}

static int on_boot_info(struct request *rq, struct boot_info_out *out)
{
    const struct boot_info *b = serve.boot;
    const struct image_header *image = (const struct image_header *)BOOT_IMAGE_ADDR;
    (void)rq;
    *out = (struct boot_info_out){
        .version = text_from(b->version, strnlen(b->version, sizeof(b->version))),
        .build_id = data_from(b->kernel_id, sizeof(b->kernel_id)),
        .image_id = data_from(image->build_id, sizeof(image->build_id)),
        .memory_bytes = b->memory_bytes,
        .tick_hz = serve.tick_hz,
        .entry_ticks = b->entry_ticks,
        .start_ticks = serve.start_ticks,
        .leaks = leaks_of(b),
        .cpus = cpus_up(),
        .rsdp = b->rsdp,
        .command_line = text_from(b->cmdline, strnlen(b->cmdline, sizeof(b->cmdline))),
    };
    return OK;
}

static int on_observe(struct request *rq, const struct boot_observe_in *in)
{
    return result_of(kern_mint(process_slot(serve_asker(rq), in->slot), serve.endpoint,
                               RIGHT_WRITE | RIGHT_GRANT, badge_of(KIND_OBSERVE, 0, 0), 0));
}

static int on_devices(struct request *rq, const struct boot_devices_in *in)
{
    const struct process *p = serve_asker(rq);
    return result_of(kern_mint(process_slot(p, in->slot), serve.endpoint, RIGHT_WRITE | RIGHT_GRANT,
                               badge_of(KIND_DEVICES, p->pid, 0), 0));
}

static int on_dma_allow(struct request *rq, const struct boot_dma_allow_in *in)
{
    struct process *p = serve_named(&in->process);
    (void)rq;
    if (p == NULL) return BOOT_NO_PROCESS;
    p->dma = true;
    return OK;
}

static int on_ledger_notify(struct request *rq, const struct boot_ledger_notify_in *in)
{
    static cap_t slot;
    (void)rq;
    if (in->notification.slot == 0) return ERR_CAP_TYPE;
    if (slot == 0) slot = own_alloc(1);
    if (slot == 0) return BOOT_QUOTA;
    (void)kern_delete(name_in(GS_CNODE, slot));
    enum err err = kern_copy(name_in(GS_CNODE, slot), in->notification.slot, RIGHT_WRITE);
    logs_ledger(err == OK ? slot : 0);
    return (int)err;
}

const struct boot_ops boot_ops = {
    .irq_create = on_irq_create,
    .ports_create = on_ports_create,
    .image_map = on_image_map,
    .log_map = on_log_map,
    .cursor_grant = on_cursor_grant,
    .badge_mint = on_badge_mint,
    .info = on_boot_info,
    .observe = on_observe,
    .ledger_notify = on_ledger_notify,
    .devices = on_devices,
    .dma_allow = on_dma_allow,
};

static int on_processes(struct request *rq, const struct observe_processes_in *in,
                        struct observe_processes_out *out)
{
    uint32_t n = 0;
    const struct process *p = process_after(in->after);
    for (; p != NULL && n < PIDS_MAX; p = process_after(p->pid)) {
        rq->scratch[n++] = p->pid;
    }
    out->pids.count = n;
    out->pids.at = rq->scratch;
    return OK;
}

static int on_process(struct request *rq, const struct observe_process_in *in,
                      struct observe_process_out *out)
{
    const struct process *p = process_living(in->pid);
    (void)rq;
    if (p == NULL) return OBSERVE_NO_PROCESS;
    process_describe(p, &out->info);
    return OK;
}

static int on_memory(struct request *rq, struct observe_memory_out *out)
{
    (void)rq;
    out->total_pages = serve.boot->memory_bytes / PAGE;
    out->kernel_pages = serve.boot->kernel_bytes / PAGE;
    out->free_pages = pool_free_pages(&pool);
    out->log_pages = logs_pages();
    out->commits_held = logs_commits_held();
    out->commits_max = logs_commits_max();
    out->tick_hz = serve.tick_hz;
    out->log_full = logs_exhausted(true);
    out->own_free_pages = memory_own_free_pages();
    out->held_pages = areas_held_pages();
    return OK;
}

const struct observe_ops observe_ops = {
    .processes = on_processes,
    .process = on_process,
    .memory = on_memory,
};
