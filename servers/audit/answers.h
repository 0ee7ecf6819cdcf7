/*
 * answers.h - the questions of idl/audit.capnp.
 */
#pragma once
#include "book.h"

enum { /* of audit_entry.result, beside the labels of answers and EVENT_BLOCKED */
       SYSLOG_SPECIAL = 253,
       SYSLOG_UNANSWERED = 253,
       SYSLOG_ANSWERED = 254,
};

extern const struct audit_ops audit_ops;

/* The events and requests of one number: at most `max` entries. How many. */
uint32_t syslog_entries(uint64_t number, struct audit_entry *out, uint32_t max);
/* The request to axiom that led to commit `seq` of axiom's; false: it is not kept. */
bool syslog_request(uint64_t seq, bool by_answer, struct audit_entry *out);
/* verify.c */
int answer_verify(struct request *rq, const struct audit_verify_in *in,
                  struct audit_verify_out *out);
