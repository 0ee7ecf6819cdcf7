/* crypto_check.c - published test vectors inside the system. Exit code: 0, or how many
 * were right and one. */
#include "crypto.h"
#include "print.h"

int main(int argc, char **argv)
{
    uint32_t count;
    const char *wrong = crypto_vectors_check(&count);
    (void)argc;
    (void)argv;
    if (wrong != NULL) print_debug("crypto_check: %s\n", wrong);
    return wrong == NULL && count == 15 ? 0 : (int)count + 1;
}
