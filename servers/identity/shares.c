#include "shares.h"

#include <libgfshare.h>
#include <sodium.h>
#include <string.h>

enum { CHECK_BYTES = 4 };

void shares_open(void (*noise)(unsigned char *out_bytes, unsigned count))
{
    gfshare_fill_rand = noise; /* for coefficients, and over what it frees */
}

bool shares_split(const uint8_t key[KEY_BYTES], const uint8_t set[SET_BYTES],
                  struct share out_shares[SHARES])
{
    uint8_t numbers[SHARES], secret[KEY_BYTES];

    for (uint8_t i = 0; i < SHARES; i++) {
        numbers[i] = (uint8_t)(i + 1);
    }
    gfshare_ctx *ctx = gfshare_ctx_init_enc(numbers, SHARES, SHARES_NEEDED, KEY_BYTES);
    if (ctx == NULL) return false;
    memcpy(secret, key, KEY_BYTES);
    gfshare_ctx_enc_setsecret(ctx, secret);
    sodium_memzero(secret, sizeof(secret));
    for (uint8_t i = 0; i < SHARES; i++) {
        memcpy(out_shares[i].set, set, SET_BYTES);
        out_shares[i].number = numbers[i];
        gfshare_ctx_enc_getshare(ctx, i, out_shares[i].bytes);
    }
    gfshare_ctx_free(ctx); /* wipes what it holds */
    return true;
}

enum identity_refusal shares_combine(const struct share *shares, uint32_t count,
                                     const uint8_t set[SET_BYTES], uint8_t out_key[KEY_BYTES])
{
    uint8_t numbers[SHARES_NEEDED];

    if (count < SHARES_NEEDED) return ID_TOO_FEW;
    for (uint32_t i = 0; i < SHARES_NEEDED; i++) {
        if (memcmp(shares[i].set, set, SET_BYTES) != 0) return ID_WRONG_SET;
        numbers[i] = shares[i].number;
        for (uint32_t k = 0; k < i; k++) {
            if (numbers[k] == numbers[i]) return ID_TWICE;
        }
    }
    gfshare_ctx *ctx = gfshare_ctx_init_dec(numbers, SHARES_NEEDED, KEY_BYTES);
    if (ctx == NULL) return ID_LIMIT;
    for (uint8_t i = 0; i < SHARES_NEEDED; i++) {
        uint8_t bytes[KEY_BYTES];
        memcpy(bytes, shares[i].bytes, KEY_BYTES);
        gfshare_ctx_dec_giveshare(ctx, i, bytes);
        sodium_memzero(bytes, sizeof(bytes));
    }
    gfshare_ctx_dec_extract(ctx, out_key);
    gfshare_ctx_free(ctx);
    return ID_OK;
}

static void check_of(const struct share *s, uint8_t out_check[CHECK_BYTES])
{
    uint8_t all[SET_BYTES + 1 + KEY_BYTES], hash[crypto_generichash_BYTES];

    memcpy(all, s->set, SET_BYTES);
    all[SET_BYTES] = s->number;
    memcpy(all + SET_BYTES + 1, s->bytes, KEY_BYTES);
    (void)crypto_generichash(hash, sizeof(hash), all, sizeof(all), NULL, 0);
    memcpy(out_check, hash, CHECK_BYTES);
    sodium_memzero(all, sizeof(all));
}

/* "-" and the bytes; the end. */
static char *hex_write(char *at, const uint8_t *bytes, size_t count)
{
    *at++ = '-';
    (void)sodium_bin2hex(at, 2 * count + 1, bytes, count);
    return at + 2 * count;
}

void share_write(const struct share *s, char out_text[SHARE_TEXT_MAX])
{
    uint8_t check[CHECK_BYTES];

    check_of(s, check);
    out_text[0] = (char)('0' + s->number);
    char *at = hex_write(out_text + 1, s->set, SET_BYTES);
    at = hex_write(at, s->bytes, KEY_BYTES);
    at = hex_write(at, check, CHECK_BYTES);
    *at = '\0';
}

/* "-" and exactly `count` bytes, at the front of the text. */
static bool hex_read(const char **at, uint32_t *len, uint8_t *out_bytes, size_t count)
{
    size_t got;

    if (*len < 1 + 2 * count || **at != '-') return false;
    if (sodium_hex2bin(out_bytes, count, *at + 1, 2 * count, NULL, &got, NULL) != 0) return false;
    *at += 1 + 2 * count;
    *len -= (uint32_t)(1 + 2 * count);
    return got == count;
}

bool share_read(const char *text, uint32_t len, struct share *out_share)
{
    uint8_t check[CHECK_BYTES], want[CHECK_BYTES];

    if (len == 0 || text[0] < '1' || text[0] > '0' + SHARES) return false;
    out_share->number = (uint8_t)(text[0] - '0');
    text++;
    len--;
    if (!hex_read(&text, &len, out_share->set, SET_BYTES)) return false;
    if (!hex_read(&text, &len, out_share->bytes, KEY_BYTES)) return false;
    if (!hex_read(&text, &len, check, CHECK_BYTES) || len != 0) return false;
    check_of(out_share, want);
    return sodium_memcmp(check, want, CHECK_BYTES) == 0;
}
