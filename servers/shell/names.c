#include "names.h"

#include "abi/log.h"
#include "abi/object.h"
#include "abi/syscall.h"

enum { EVENT_REQUEST = 16, OPERATION_COUNT = 70 };
#define NAME(table, index)                                                                         \
    ((index) < sizeof(table) / sizeof((table)[0]) && (table)[index] != 0 ? (table)[index] : "?")

const char *name_of_type(uint8_t type)
{
    static const char *const names[CAP_TYPE_COUNT] = {
        "empty",    "revoked",      "untyped", "cnode",  "thread", "context",
        "endpoint", "notification", "reply",   "aspace", "table",  "frame",
        "irqctl",   "irq",          "portctl", "ports",  "log"};
    return NAME(names, type);
}

const char *name_of_commit(uint8_t op)
{
    static const char *const names[] = {
        [COMMIT_BOOT] = "boot",   [COMMIT_GENESIS] = "genesis", [COMMIT_RETYPE] = "retype",
        [COMMIT_COPY] = "copy",   [COMMIT_MINT] = "mint",       [COMMIT_TRANSFER] = "transfer",
        [COMMIT_MOVE] = "move",   [COMMIT_DELETE] = "delete",   [COMMIT_REVOKED] = "revoked",
        [COMMIT_DROP] = "drop",   [COMMIT_DESTROY] = "destroy", [COMMIT_MAP] = "map",
        [COMMIT_UNMAP] = "unmap", [COMMIT_BIND] = "bind",       [COMMIT_CONFIGURE] = "configure"};
    return NAME(names, op);
}

const char *name_of_event(uint8_t kind)
{
    static const char *const names[] = {
        [EVENT_BOOT] = "boot",       [EVENT_SYSCALL] = "syscall", [EVENT_IRQ] = "irq",
        [EVENT_TICK] = "tick",       [EVENT_FAULT] = "fault",     [EVENT_GAP] = "gap",
        [EVENT_STOPPED] = "stopped", [EVENT_REQUEST] = "request"};
    return NAME(names, kind);
}

const char *name_of_syscall(uint8_t op)
{
    static const char *const names[] = {"call",    "reply_recv", "send",   "recv", "nb_send",
                                        "nb_recv", "reply",      "signal", "wait", "poll",
                                        "yield",   "drop",       "invoke", "debug"};
    return NAME(names, op);
}

const char *name_of_operation(uint16_t operation)
{
    static const char *const names[OPERATION_COUNT] = {
        [OP_COPY] = "copy",
        [OP_MINT] = "mint",
        [OP_MOVE] = "move",
        [OP_DELETE] = "delete",
        [OP_REVOKE] = "revoke",
        [OP_CREDIT] = "credit",
        [OP_RETYPE] = "retype",
        [OP_THREAD_START] = "thread_start",
        [OP_THREAD_CONFIG] = "thread_config",
        [OP_THREAD_STOP] = "thread_stop",
        [OP_THREAD_READ] = "thread_read",
        [OP_SCHED_CONFIG] = "sched_config",
        [OP_SCHED_READ] = "sched_read",
        [OP_MAP] = "map",
        [OP_UNMAP] = "unmap",
        [OP_PADDR] = "paddr",
        [OP_IRQ_GET] = "irq_get",
        [OP_IRQ_BIND] = "irq_bind",
        [OP_IRQ_ACK] = "irq_ack",
        [OP_PORTS_GET] = "ports_get",
        [OP_PORT_IN] = "port_in",
        [OP_PORT_OUT] = "port_out",
        [OP_LOG_ACK] = "log_ack",
        [OP_LOG_BIND] = "log_bind",
        [OP_LOG_MODE] = "log_mode",
        [OP_LOG_WALK] = "log_walk",
    };
    return NAME(names, operation);
}

void name_of_rights(uint8_t rights, char out_text[4])
{
    out_text[0] = (rights & RIGHT_READ) != 0 ? 'r' : '-';
    out_text[1] = (rights & RIGHT_WRITE) != 0 ? 'w' : '-';
    out_text[2] = (rights & RIGHT_GRANT) != 0 ? 'g' : '-';
    out_text[3] = '\0';
}
