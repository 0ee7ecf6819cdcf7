/* logs.h - how records of the two logs are printed. */
#pragma once
#include "idl/audit.h"
#include "out.h"
#include "shell.h"

enum { LOGS_BATCH_BYTES = 4096 };

void record_print(struct out *o, const struct audit_record *r);
void entry_print(struct out *o, const struct audit_entry *e);
/* What audit refused. */
int audit_failed(struct shell *sh, const char *what, int err);
/* It has done a piece of its work and wants to be asked again, and nobody typed Ctrl-C. */
bool audit_again(struct shell *sh, int err);
