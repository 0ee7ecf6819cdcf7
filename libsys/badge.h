/*
 * badge.h - badges of a server's objects.
 *
 * bit 63 is set only in what init mints for lookups; bits 56-62 kind of the object, never 0; 32-55
 * the server's incarnation (its pid), so that what a former process handed out names nothing in the
 * next one; 8-31 a count of the uses of the entry; 0-7 its index in the server's table.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define BADGE_LOOKUP (1ull << 63)

static inline uint64_t badge_make(uint32_t kind, uint32_t incarnation, uint32_t generation,
                                  uint32_t index)
{
    return (uint64_t)(kind & 0x7f) << 56 | (uint64_t)(incarnation & 0xffffff) << 32 |
           (uint64_t)(generation & 0xffffff) << 8 | (index & 0xff);
}
static inline uint32_t badge_kind(uint64_t badge)
{
    return (uint32_t)(badge >> 56) & 0x7f;
}
static inline bool badge_is_from(uint64_t badge, uint32_t incarnation)
{
    return ((uint32_t)(badge >> 32) & 0xffffff) == (incarnation & 0xffffff);
}
static inline uint32_t badge_generation(uint64_t badge)
{
    return (uint32_t)(badge >> 8) & 0xffffff;
}
static inline uint32_t badge_index(uint64_t badge)
{
    return (uint32_t)badge & 0xff;
}
/* Not init's to somebody who looks the service up, nor without a badge. */
static inline bool badge_is_object(uint64_t badge)
{
    return (badge & BADGE_LOOKUP) == 0 && badge_kind(badge) != 0;
}
/* Badge of the ledger's endpoint for the holder of a stream. */
enum { BADGE_KIND_STREAM = 1 };
static inline uint64_t badge_stream(uint32_t number)
{
    return BADGE_LOOKUP | (uint64_t)BADGE_KIND_STREAM << 56 | number;
}
/* And of the one who may read the kernel's commits of all boots there. */
enum { BADGE_KIND_HISTORY = 2 };
static inline uint64_t badge_history(uint32_t pid)
{
    return BADGE_LOOKUP | (uint64_t)BADGE_KIND_HISTORY << 56 | pid;
}
/* Of a service's endpoint, for a holder whom the description grants control of it: what it may do
 * beyond others is the service's to say. */
enum { BADGE_KIND_CONTROL = 1 };
static inline uint64_t badge_control(uint32_t pid)
{
    return BADGE_LOOKUP | (uint64_t)BADGE_KIND_CONTROL << 56 | pid;
}
static inline bool badge_is_control(uint64_t badge)
{
    return badge >> 56 == (BADGE_LOOKUP >> 56 | BADGE_KIND_CONTROL);
}
/* And for a holder whom it gives a space: what is kept there is that space's, in every boot. */
enum { BADGE_KIND_SPACE = 2 };
static inline uint64_t badge_space(uint32_t number)
{
    return BADGE_LOOKUP | (uint64_t)BADGE_KIND_SPACE << 56 | number;
}
/* The number, or 0: it is no such badge. */
static inline uint32_t badge_space_number(uint64_t badge)
{
    return badge >> 56 == (BADGE_LOOKUP >> 56 | BADGE_KIND_SPACE) ? (uint32_t)badge : 0;
}
/* Badge of a service's endpoint as init gives it to process `pid`. */
static inline uint64_t badge_lookup(uint32_t pid)
{
    return BADGE_LOOKUP | pid;
}
