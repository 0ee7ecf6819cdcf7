/* numbers.h - numbers of system calls for threads.S; main.c compares them with the ABI's. */
#pragma once
#define CALL_CALL 0x57000000
#define CALL_SEND 0x57000002
#define CALL_SIGNAL 0x57000007
#define CALL_WAIT 0x57000008
