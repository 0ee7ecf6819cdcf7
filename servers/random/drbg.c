#include "drbg.h"

#include <sodium.h>
#include <string.h>

void drbg_mix(struct drbg *d, const uint8_t *material, uint32_t len)
{
    uint8_t key[DRBG_KEY_BYTES];

    (void)crypto_generichash(key, sizeof(key), material, len, d->key, sizeof(d->key));
    memcpy(d->key, key, sizeof(key));
    sodium_memzero(key, sizeof(key));
}

void drbg_draw(struct drbg *d, uint8_t *out_bytes, uint32_t count)
{
    static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES]; /* a key is used once */

    (void)crypto_stream_chacha20(d->stream, sizeof(d->key) + count, nonce, d->key);
    memcpy(d->key, d->stream, sizeof(d->key));
    memcpy(out_bytes, d->stream + sizeof(d->key), count);
    sodium_memzero(d->stream, sizeof(d->key) + count);
    d->drawn += count;
}
