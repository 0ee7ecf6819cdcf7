/* show.h - the executed state, printed. */
#pragma once
#include <stdbool.h>

/* What: threads, queues, cspace, tree, maps, lines, log, all; NAME=N for one thread's cspace or
 * maps. False: none of these, or no such thread. */
bool show(const char *what);
