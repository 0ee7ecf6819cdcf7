/* record.h - records as they go to the stream and come out of it. */
#pragma once
#include "vfs.h"

/* What is not its type's is made zero: nothing of other requests is kept. */
void vfs_record_clear(struct vfs_record *r);
/* Of one that comes out of the stream, `size` bytes. NULL, or what is wrong with it. */
const char *vfs_record_problem(const struct vfs_record *r, uint64_t size);
