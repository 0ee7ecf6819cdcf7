/*
 * inside.h - what the journal's files share.
 */
#pragma once
#include "journal.h"

enum { JOURNAL_AREAS_AT = 2 * JOURNAL_UNIT_MAX }; /* the head's two places come first */

/* The start of an area. */
struct journal_cursor journal_area(const struct journal *j, uint32_t area, uint64_t epoch);
enum journal_error journal_head_write(struct journal *j);
/* The other area is the one in use from now on. */
enum journal_error journal_switch(struct journal *j);
