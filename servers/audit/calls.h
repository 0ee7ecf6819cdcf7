/*
 * calls.h - the calls among the events: whose interface, and what was answered.
 *
 * The kernel knows neither. Which interface an endpoint speaks is said by the system description,
 * by the kind of a badge (libsys/badge.h); which endpoint a call went through, by the authority
 * state as it was at that event; what was answered, by the order of events.
 */
#pragma once
#include "book.h"

/* Reads the system description. */
void calls_open(void);
/* The interface spoken through a capability with that badge; 0: unknown. */
uint64_t call_interface(uint64_t endpoint, uint64_t badge);
/* Fills in interface, badge and result of `number`, if it is a message. */
void call_name(uint64_t number, const struct event *e, struct audit_entry *out);
