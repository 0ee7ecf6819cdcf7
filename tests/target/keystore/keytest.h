/* keytest.h - what the files of the keystore's client share. */
#pragma once
#include "idl/keystore.h"

void is(int got, int wanted, int line);
#define IS(got, wanted) is((int)(got), (int)(wanted), __LINE__)

cap_t keystore(void);
int make(const char *name, enum keystore_key_kind kind);
int import(const char *name, enum keystore_key_kind kind, const void *secret, uint32_t bytes);
int drop(const char *name);
/* 0 and a capability in a new slot, or an error. */
int open_key(const char *name, cap_t *out);

/* cases.c */
void case_names(void);
void case_signatures(void);
void case_agreement(void);
void case_sealing(void);
void case_data(void);
void case_handles(void);
