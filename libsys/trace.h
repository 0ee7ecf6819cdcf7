/*
 * trace.h - the names of interfaces, methods and parameters, for printing calls.
 *
 * The tables are generated into idl/trace.c from all interface files (library idl_trace).
 */
#pragma once
#include "out.h"

enum trace_kind {
    TRACE_UNSIGNED,
    TRACE_SIGNED,
    TRACE_BOOL,
    TRACE_ENUM,
    TRACE_TEXT,
    TRACE_DATA,
    TRACE_WORDS,   /* list of integers */
    TRACE_STRUCTS, /* list of structures */
};

/* A value of a message: one word of its fixed part. Nested structures are taken apart. */
struct trace_field {
    const char *name; /* "quota.pages" */
    uint8_t kind;     /* enum trace_kind */
    uint16_t count;   /* of names or fields */
    union {
        const char *const *names;         /* TRACE_ENUM */
        const struct trace_field *fields; /* TRACE_STRUCTS: of an element */
    };
};

struct trace_method {
    const char *name;
    const struct trace_field *in, *out;
    const char *const *in_caps, *const *out_caps; /* names of the capabilities, in order */
    uint8_t in_count, out_count, in_caps_count, out_caps_count;
};

struct trace_interface {
    uint64_t id;
    const char *name;
    const struct trace_method *methods; /* by ordinal */
    const char *const *errors;          /* from ERR_INTERFACE up */
    uint16_t method_count, error_count;
};

extern const struct trace_interface trace_interfaces[]; /* ascending by id */
extern const uint32_t trace_interface_count;

const struct trace_interface *trace_interface_find(uint64_t id); /* NULL: unknown */
/* NULL: unknown. `interface` may be NULL. MESSAGE_DESCRIBE is "describe". */
const struct trace_method *trace_method_find(const struct trace_interface *interface,
                                             uint32_t ordinal);
const char *trace_method_name(const struct trace_interface *interface, uint32_t ordinal);
/* Name of a result: the kernel's, or the interface's; NULL: unknown. 0 is "ok". */
const char *trace_error_name(const struct trace_interface *interface, uint32_t label);

/* A message that was sent, of which the first `kept` words are known. */
struct trace_call {
    const struct trace_interface *interface; /* may be NULL: numbers only */
    uint32_t ordinal;
    uint32_t word_count, cap_count;
    const uint64_t *words;
    uint32_t kept; /* at most word_count */
};
/* "Self.memoryMap(address=0x40000000, pages=4, rights=3)". What is not known is "..". */
void trace_print_call(struct out *o, const struct trace_call *call);
