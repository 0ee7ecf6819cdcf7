/*
 * kept.h - the lives of processes in a stream of audit's own, where there is a disk: so that the
 * names outlast process and boot. Nobody waits for it.
 */
#pragma once
#include "lives.h"

/* Of boot `boot`, as far as they were kept; none without a disk. AUDIT_BEHIND: ask again with the
 * same list, it goes on; AUDIT_AWAY: the ledger cannot read them just now. */
int kept_load(uint32_t boot, struct lives *out);
/* At the start, and when the ledger was started again: how far the stream is. `out`: as kept_load()
 * of this boot, at the start. NULL: not wanted. */
void kept_meet(const struct logmem *log, struct lives *out);
/* Appends who was born and who ended since the last time, as much as the ledger takes. */
void kept_append(const struct logmem *log);
