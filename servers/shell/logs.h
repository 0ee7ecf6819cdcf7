/* logs.h - how records of the two logs are printed. */
#pragma once
#include "idl/audit.h"
#include "out.h"

enum { LOGS_BATCH_BYTES = 4096 };

void record_print(struct out *o, const struct audit_record *r);
void entry_print(struct out *o, const struct audit_entry *e);
