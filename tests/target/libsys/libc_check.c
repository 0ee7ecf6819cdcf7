/*
 * libc_check.c - a program with musl and libsodium, as Debian ships them, inside the system.
 *
 * Its exit code is 0, or the number of the first check that failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <wchar.h>

#include "startup.h"

static _Thread_local int tls_value = 42;
static _Thread_local char tls_zero[100];

/* RFC 7693, appendix A has "abc" for BLAKE2b-512; this is the 256-bit one of its reference code. */
static int hash_is_right(void)
{
    static const char want[] = "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319";
    unsigned char hash[32];
    char text[65];
    if (crypto_generichash(hash, sizeof(hash), (const unsigned char *)"abc", 3, NULL, 0) != 0)
        return 0;
    sodium_bin2hex(text, sizeof(text), hash, sizeof(hash));
    return strcmp(text, want) == 0;
}

static int signature_works(void)
{
    unsigned char public_key[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
    unsigned char seed[crypto_sign_SEEDBYTES] = {7}, signature[crypto_sign_BYTES];
    unsigned char text[] = "authority is a capability";
    crypto_sign_seed_keypair(public_key, secret, seed);
    crypto_sign_detached(signature, NULL, text, sizeof(text), secret);
    if (crypto_sign_verify_detached(signature, text, sizeof(text), public_key) != 0) return 0;
    text[3] ^= 1;
    return crypto_sign_verify_detached(signature, text, sizeof(text), public_key) != 0;
}

/* Argon2id takes its memory by mmap(). What libsodium gives on Linux for the same words. */
static int password_hash_is_right(void)
{
    static const char want[] = "cc7493926e3368b37de1c4a5faeab9b40aa0a2af25a70411bc50c3273c444200";
    static const unsigned char salt[crypto_pwhash_SALTBYTES] = "waterlight salt";
    unsigned char key[32];
    char text[65];
    for (int i = 0; i < 2; i++) { /* the second time in the memory of the first */
        if (crypto_pwhash(key, sizeof(key), "correct horse", 13, salt, 2, 1 << 16,
                          crypto_pwhash_ALG_ARGON2ID13) != 0)
            return 0;
        sodium_bin2hex(text, sizeof(text), key, sizeof(key));
        if (strcmp(text, want) != 0) return 0;
    }
    return 1;
}

/* New pages are zero, whoever had them before; what is no anonymous memory is refused. */
static int pages_work(void)
{
    const int both = PROT_READ | PROT_WRITE, anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    for (int round = 0; round < 2; round++) {
        char *pages = mmap(NULL, 20000, both, anonymous, -1, 0);
        if (pages == MAP_FAILED || (uintptr_t)pages % 4096 != 0) return 0;
        for (int i = 0; i < 20000; i++) {
            if (pages[i] != 0) return 0;
        }
        memset(pages, 'x', 20000);
        if (munmap(pages, 20000) != 0) return 0;
    }
    errno = 0;
    if (mmap(NULL, 4096, both, MAP_PRIVATE, 3, 0) != MAP_FAILED || errno != ENODEV) return 0;
    errno = 0;
    return mmap(NULL, SIZE_MAX / 2, both, anonymous, -1, 0) == MAP_FAILED && errno == ENOMEM;
}

static int memory_works(void)
{
    char *block = malloc(1000);
    if (block == NULL) return 0;
    memset(block, 'x', 1000);
    block = realloc(block, 100000);
    if (block == NULL || block[0] != 'x' || block[999] != 'x') return 0;
    free(block);
    char *zero = calloc(100, 10);
    for (int i = 0; i < 1000; i++) {
        if (zero[i] != 0) return 0;
    }
    free(zero);
    errno = 0;
    return malloc(SIZE_MAX / 2) == NULL && errno == ENOMEM;
}

static int numbers_and_text_work(void)
{
    char text[64];
    double value = strtod("2.5", NULL) * 1.5;
    snprintf(text, sizeof(text), "%.3f %d %s", value, -7, "end");
    return strcmp(text, "3.750 -7 end") == 0;
}

/* musl finds its locale through the thread block. */
static int wide_characters_work(void)
{
    char out[8];
    return wcrtomb(out, L'a', NULL) == 1 && out[0] == 'a';
}

static int canary_is_set(void)
{
    uint64_t canary = thread_self()->canary;
    return canary != 0 && (canary & 0xff) == 0;
}

int main(int argc, char **argv)
{
    if (argc < 1 || strcmp(argv[0], "libc_check") != 0) return 1;
    if (tls_value != 42 || tls_zero[0] != 0 || tls_zero[99] != 0) return 2;
    if (!canary_is_set()) return 3;
    if (!memory_works()) return 4;
    if (!numbers_and_text_work()) return 5;
    if (!wide_characters_work()) return 6;
    if (!hash_is_right()) return 7;
    if (!signature_works()) return 8;
    if (!pages_work()) return 9;
    if (!password_hash_is_right()) return 10;
    return 0;
}
