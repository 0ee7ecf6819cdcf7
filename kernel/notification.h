/*
 * notification.h - a word of bits that signals OR into. Signalling never waits.
 */
#pragma once
#include "thread.h"

void notification_signal(struct notification *n, uint64_t badge);
enum err notification_wait(struct thread *t, struct notification *n, bool may_block);
