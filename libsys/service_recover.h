/* service_recover.h - between service_log.c and service_recover.c. */
#pragma once
#include "idl/stream.h"
#include "service_log.h"

extern const struct service_keeper service_log_keeper;

/* service_once.c: the table of outcomes, from the pending records; and into them. */
void once_apply(struct service *svc);
void once_commit(struct service *svc, const struct request *rq);
void once_snapshot(struct service *svc);
void once_death(struct service *svc, uint64_t badge);
bool once_recall(struct request *rq);

/* After a change of log->next or log->durable. */
void service_settle(struct service *svc);
/* Waits for a ledger that answers; one that came after a former one is told whom to signal. */
void service_meet(struct service *svc, struct stream_info_out *out_info);
