/* service_recover.h - between service_log.c and service_recover.c. */
#pragma once
#include "idl/stream.h"
#include "service_log.h"

extern const struct service_keeper service_log_keeper;

/* Waits for a ledger that answers; one that came after a former one is told whom to signal. */
void service_meet(struct service *svc, struct stream_info_out *out_info);
