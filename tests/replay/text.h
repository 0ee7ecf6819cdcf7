/* text.h - events and commits in a line each. */
#pragma once
#include "abi/log.h"

enum { TEXT_MAX = 240 };

void text_event(char out[TEXT_MAX], const struct event *e);
void text_commit(char out[TEXT_MAX], const struct commit *c);
