/*
 * manifest.h - what a program says of itself, and what it asks for:
 *
 *   id REVERSE.DOMAIN
 *   name NAME
 *   version WORD
 *   class system|service|app
 *   needs OBJECT RIGHTS "REASON"     without it the program is not started
 *   wants OBJECT RIGHTS "REASON"     with it there is more
 *
 * Nothing that does not stand here is given, whatever the policy says.
 */
#pragma once
#include "policy.h"

enum { NEEDS_MAX = 8, MANIFEST_BYTES = 1500 };

/* What goes to the stream has no byte that nobody set: no padding. */
#pragma clang diagnostic push
#pragma clang diagnostic error "-Wpadded"
struct need {
    uint8_t rights;
    bool required;
    char object[33], reason[WORD_BYTES];
};
struct manifest {
    char id[WORD_BYTES], name[33], version[33];
    uint8_t class, count;
    struct need needs[NEEDS_MAX];
};

#pragma clang diagnostic pop

/* 0, or the first line that is wrong; one behind the last if something is missing. */
uint32_t manifest_read(const char *text, uint32_t len, struct manifest *out_manifest);
/* NULL: it does not stand there, or with fewer rights. */
const struct need *manifest_need(const struct manifest *manifest, const char *object,
                                 uint32_t rights);
