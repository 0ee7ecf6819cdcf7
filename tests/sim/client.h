/* client.h - what client.c asks of the simulator, beside system calls: it outlives the client. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { FILES = 6, FILE_BYTES = 4096, WRITE_BYTES = 300, READ_BYTES = 3072, CLIENTS = 2 };

struct model_file {
    bool exists;
    uint32_t size;
    uint8_t bytes[FILE_BYTES];
};
struct model_state {
    struct model_file file[FILES];
};
struct model {
    struct model_state now, next; /* next: what is under way leads to that */
    bool pending;
    int result;
};

uint32_t sim_client_number(void);
struct model *sim_client_model(uint32_t number);
void sim_client_did(void); /* one more thing */
_Noreturn void sim_client_fails(const char *what, uint32_t number, int err);
uint32_t sim_random(uint32_t below);
