/* noise.c - in the random server instead of processor.c: noise from the seed. */
#include "../../servers/random/source.h"

uint32_t sim_random(uint32_t below); /* the simulator's */

bool processor_is_there(void)
{
    return true;
}

bool processor_noise(uint8_t *out_bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        out_bytes[i] = (uint8_t)sim_random(256);
    }
    return true;
}
