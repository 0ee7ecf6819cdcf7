#include "trace.h"

#include "message.h"

static const char *const kernel_errors[] = {
    [OK] = "ok",
    [ERR_SYSCALL] = "noSuchOperation",
    [ERR_CAP_EMPTY] = "capEmpty",
    [ERR_CAP_TYPE] = "capType",
    [ERR_RIGHTS] = "rights",
    [ERR_RANGE] = "range",
    [ERR_SLOT_USED] = "slotUsed",
    [ERR_NO_MEMORY] = "noMemory",
    [ERR_LOG_QUOTA] = "logQuota",
    [ERR_LOG_FULL] = "logFull",
    [ERR_REVOKED] = "revoked",
    [ERR_PEER_DIED] = "peerDied",
    [ERR_CANCELLED] = "cancelled",
    [ERR_CAP_LOST] = "capLost",
    [ERR_WOULD_BLOCK] = "wouldBlock",
    [ERR_BUSY] = "busy",
    [ERR_DEPTH] = "depth",
    [ERR_NO_TABLE] = "noTable",
    [ERR_MAPPED] = "mapped",
    [ERR_NOT_MAPPED] = "notMapped",
    [ERR_PARTIAL] = "partial",
    [ERR_MESSAGE] = "message",
};
enum { KERNEL_ERRORS = sizeof(kernel_errors) / sizeof(kernel_errors[0]) };

enum { HEX_FROM = 65536, LIST_SHOWN = 4 };

const struct trace_interface *trace_interface_find(uint64_t id)
{
    uint32_t low = 0, high = trace_interface_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (trace_interfaces[middle].id == id) return &trace_interfaces[middle];
        if (trace_interfaces[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct trace_method *trace_method_find(const struct trace_interface *interface,
                                             uint32_t ordinal)
{
    if (interface == NULL || ordinal >= interface->method_count) return NULL;
    return &interface->methods[ordinal];
}

const char *trace_method_name(const struct trace_interface *interface, uint32_t ordinal)
{
    if (ordinal == MESSAGE_DESCRIBE) return "describe";
    const struct trace_method *method = trace_method_find(interface, ordinal);
    return method == NULL ? NULL : method->name;
}

const char *trace_error_name(const struct trace_interface *interface, uint32_t label)
{
    if (label < KERNEL_ERRORS) return kernel_errors[label];
    if (label < ERR_INTERFACE || interface == NULL) return NULL;
    uint32_t index = label - ERR_INTERFACE;
    return index < interface->error_count ? interface->errors[index] : NULL;
}

/* Reads as the receiver would, but stops where the known words end. */
struct reader {
    struct out *o;
    const uint64_t *words;
    uint32_t kept;
    uint32_t at; /* of the varying part */
};

static void print_number(struct out *o, uint64_t value)
{
    if (value >= HEX_FROM) {
        out_print(o, "0x%lx", value);
    } else {
        out_print(o, "%lu", value);
    }
}

static void print_text(struct reader *r, uint64_t len)
{
    const char *bytes = (const char *)(r->words + r->at);
    uint64_t room = r->at < r->kept ? (uint64_t)(r->kept - r->at) * 8 : 0;

    out_print(r->o, "\"");
    for (uint64_t i = 0; i < len && i < room; i++) {
        bool is_plain = bytes[i] >= ' ' && bytes[i] <= '~' && bytes[i] != '"' && bytes[i] != '\\';
        if (is_plain) {
            out_bytes(r->o, &bytes[i], 1);
        } else {
            out_print(r->o, "\\x%02x", (unsigned)(uint8_t)bytes[i]);
        }
    }
    out_print(r->o, "%s", len > room ? "..\"" : "\"");
}

/* Behind a list of structures nothing is found any more: its elements' lengths vary. */
static void skip(struct reader *r, uint64_t words)
{
    r->at = words > UINT32_MAX - r->at ? UINT32_MAX : r->at + (uint32_t)words;
}

static void print_words(struct reader *r, uint64_t count)
{
    out_print(r->o, "[");
    for (uint64_t i = 0; i < count; i++) {
        if (i > 0) out_print(r->o, ", ");
        if (i >= LIST_SHOWN || r->at >= r->kept || i >= r->kept - r->at) {
            out_print(r->o, "..");
            break;
        }
        print_number(r->o, r->words[r->at + i]);
    }
    out_print(r->o, "]");
}

static void print_value(struct reader *r, const struct trace_field *field, uint64_t word)
{
    switch ((enum trace_kind)field->kind) {
    case TRACE_UNSIGNED:
        print_number(r->o, word);
        break;
    case TRACE_SIGNED:
        out_print(r->o, "%ld", (int64_t)word);
        break;
    case TRACE_BOOL:
        out_print(r->o, "%s", word != 0 ? "true" : "false");
        break;
    case TRACE_ENUM:
        if (word < field->count) {
            out_print(r->o, "%s", field->names[word]);
        } else {
            print_number(r->o, word);
        }
        break;
    case TRACE_TEXT:
        print_text(r, word);
        skip(r, word / 8 + (word % 8 != 0));
        break;
    case TRACE_DATA:
        out_print(r->o, "%lu bytes", word);
        skip(r, word / 8 + (word % 8 != 0));
        break;
    case TRACE_WORDS:
        print_words(r, word);
        skip(r, word);
        break;
    case TRACE_STRUCTS:
        out_print(r->o, "%lu items", word);
        skip(r, UINT32_MAX);
        break;
    }
}

static void print_arguments(const struct trace_method *method, const struct trace_call *call,
                            struct out *o)
{
    struct reader r = {.o = o, .words = call->words, .kept = call->kept, .at = method->in_count};
    bool is_first = true;

    for (uint32_t i = 0; i < method->in_count; i++) {
        if (!is_first) out_print(o, ", ");
        is_first = false;
        out_print(o, "%s=", method->in[i].name);
        if (i < call->kept) {
            print_value(&r, &method->in[i], call->words[i]);
        } else {
            out_print(o, "..");
            skip(&r, UINT32_MAX);
        }
    }
    for (uint32_t i = 0; i < method->in_caps_count && i < call->cap_count; i++) {
        if (!is_first) out_print(o, ", ");
        is_first = false;
        out_print(o, "%s=cap", method->in_caps[i]);
    }
}

void trace_print_call(struct out *o, const struct trace_call *call)
{
    const struct trace_method *method = trace_method_find(call->interface, call->ordinal);
    const char *name = trace_method_name(call->interface, call->ordinal);

    out_print(o, "%s.", call->interface != NULL ? call->interface->name : "?");
    if (name != NULL) {
        out_print(o, "%s", name);
    } else {
        out_print(o, "%u", call->ordinal);
    }
    out_print(o, "(");
    if (method != NULL) {
        print_arguments(method, call, o);
    } else if (call->word_count > 0) {
        out_print(o, "%u words", call->word_count);
    }
    out_print(o, ")");
}
