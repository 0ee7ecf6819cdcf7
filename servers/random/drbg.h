/*
 * drbg.h - the generator between the sources and who asks: ChaCha20 under a key that each answer
 * replaces, so that what was handed out cannot be computed from what is here later.
 *
 *   mix   key = BLAKE2b-256(material, keyed by the old key)
 *   draw  key | answer = ChaCha20 stream of the old key
 *
 * Both primitives are libsodium's.
 */
#pragma once
#include <stdint.h>

enum { DRBG_KEY_BYTES = 32, DRBG_DRAW_MAX = 2048 };

struct drbg {
    uint8_t key[DRBG_KEY_BYTES];
    uint8_t stream[DRBG_KEY_BYTES + DRBG_DRAW_MAX]; /* zeros between two draws */
    uint64_t drawn;
};

void drbg_mix(struct drbg *d, const uint8_t *material, uint32_t len);
/* `count` at most DRBG_DRAW_MAX. */
void drbg_draw(struct drbg *d, uint8_t *out_bytes, uint32_t count);
