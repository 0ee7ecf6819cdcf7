/* device.c - noise of an entropy device, from its driver, which never makes anybody wait. */
#include <string.h>

#include "idl/noise.h"
#include "source.h"
#include "startup.h"

enum { TAKE_MAX = 256 };

enum noise device_noise(uint8_t *out_bytes, uint32_t *count)
{
    const struct noise_take_in in = {.count = *count < TAKE_MAX ? *count : TAKE_MAX};
    cap_t driver = startup_cap("noise");
    struct noise_take_out out;
    int err = driver == 0 ? (int)NOISE_NO_DEVICE : noise_take(driver, &in, &out);

    *count = err == OK ? out.bytes.len : 0;
    if (err == NOISE_NO_DEVICE) return NOISE_ABSENT;
    if (err == NOISE_FAILED) return NOISE_BROKEN;
    if (err == OK) memcpy(out_bytes, out.bytes.at, out.bytes.len);
    return NOISE_GIVEN; /* also of a driver that is just started again: it has given nothing */
}
