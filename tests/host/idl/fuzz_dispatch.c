/* fuzz_dispatch.c - any message to the dispatch of any interface. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)fuzz_request(data, size);
    return 0;
}
