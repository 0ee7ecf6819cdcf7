/* streams.h - the ledger's two interfaces. */
#pragma once
#include "logmem.h"
#include "service.h"

/* Finds what a former ledger kept. */
void streams_open(const struct logmem *log);
int streams_dispatch(struct service *svc, struct request *rq);
