/* client.h - what clients ask of the simulator, beside system calls, and what they share. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "abi/error.h"

enum { CLIENT_BYTES = 1 << 17 };

uint32_t sim_client_number(void); /* the first one's is 0 */
/* Zero at first. */
void *sim_client_memory(uint32_t bytes);
void sim_client_did(void); /* one more thing */
_Noreturn void sim_client_fails(const char *what, int err);
enum { OF_LOG, OF_FILES, OF_KEYS };
/* It was refused, as damaged, what stands on that disk: the seed fails if it may not be. */
void sim_client_damaged(uint32_t disk);
uint32_t sim_random(uint32_t below);

/* Whether it can happen to every call that somebody is ended meanwhile. */
static inline bool cut_off(int err)
{
    return err == ERR_PEER_DIED || err == ERR_CAP_LOST || err == ERR_CANCELLED;
}
