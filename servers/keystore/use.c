/*
 * use.c - Key: what is done with one key, by who holds a capability to it. The key stays here.
 *
 * A domain is bound to each result, so that what was made for one purpose is of no use for
 * another: a signature and an agreed secret as in crypto.h; what is sealed has the domain beside
 * it, and a key for each domain.
 */
#include <sodium.h>
#include <string.h>

#include "badge.h"
#include "server.h"

enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, TAG = 16 };

static const uint8_t seal_prefix[] = "waterlight seal 1";

/* The key that was asked, of that kind, and whether the domain is one. */
static int asked(const struct request *rq, enum keys_kind kind, struct text domain,
                 const struct key **out)
{
    const struct server *s = request_service(rq)->state;
    if (s->state != KEYSTORE_STATE_OPEN) return KEY_LOCKED;
    *out = handle_key(s, rq->badge);
    if (*out == NULL) return KEY_GONE;
    if ((*out)->kind != kind) return KEY_WRONG_KIND;
    return domain.len >= 1 && domain.len <= CRYPTO_DOMAIN_MAX ? OK : KEY_BAD_DOMAIN;
}

static int on_public(struct request *rq, struct key_public_out *out)
{
    const struct server *s = request_service(rq)->state;
    if (s->state != KEYSTORE_STATE_OPEN) return KEY_LOCKED;
    const struct key *key = handle_key(s, rq->badge);
    if (key == NULL) return KEY_GONE;
    out->kind = key->kind == KEYS_SIGN    ? KEYSTORE_KEY_KIND_SIGN
                : key->kind == KEYS_AGREE ? KEYSTORE_KEY_KIND_AGREE
                                          : KEYSTORE_KEY_KIND_SEAL;
    out->key = data_from(key->half, key->kind == KEYS_SEAL ? 0 : KEYS_HALF_BYTES);
    return OK;
}

static struct crypto_signed what(struct text domain, struct data message)
{
    return (struct crypto_signed){crypto_bytes(domain.at, domain.len),
                                  crypto_bytes(message.at, message.len)};
}

static int on_sign(struct request *rq, const struct key_sign_in *in, struct key_sign_out *out)
{
    const struct key *key;
    uint8_t secret[2 * KEYS_HALF_BYTES], *signature = (uint8_t *)rq->scratch;
    struct crypto_signed text = what(in->domain, in->message);
    int err = asked(rq, KEYS_SIGN, in->domain, &key);
    if (err != OK) return err;
    memcpy(secret, key->secret, KEYS_HALF_BYTES);
    memcpy(secret + KEYS_HALF_BYTES, key->half, KEYS_HALF_BYTES);
    bool done = crypto_domain_sign(signature, secret, &text);
    sodium_memzero(secret, sizeof(secret));
    out->signature = data_from(signature, CRYPTO_SIGNATURE_BYTES);
    return done ? OK : KEY_BAD_DOMAIN;
}

static int on_verify(struct request *rq, const struct key_verify_in *in, struct key_verify_out *out)
{
    const struct key *key;
    struct crypto_signed text = what(in->domain, in->message);
    int err = asked(rq, KEYS_SIGN, in->domain, &key);
    if (err != OK) return err;
    out->good = in->signature.len == CRYPTO_SIGNATURE_BYTES &&
                crypto_domain_verify(in->signature.at, key->half, &text);
    return OK;
}

static int on_agree(struct request *rq, const struct key_agree_in *in, struct key_agree_out *out)
{
    const struct key *key;
    uint8_t *secret = (uint8_t *)rq->scratch;
    int err = asked(rq, KEYS_AGREE, in->domain, &key);
    if (err != OK) return err;
    const struct crypto_pair pair = {key->secret, key->half, in->peer.at};
    bool good = in->peer.len == KEYS_HALF_BYTES &&
                crypto_domain_agree(secret, &pair, crypto_bytes(in->domain.at, in->domain.len));
    out->secret = data_from(secret, KEYS_HALF_BYTES);
    return good ? OK : KEY_BAD_PEER;
}

static void seal_key(const struct key *key, struct text domain, uint8_t out[32])
{
    crypto_generichash_state h;
    crypto_generichash_init(&h, key->secret, KEYS_HALF_BYTES, 32);
    crypto_generichash_update(&h, seal_prefix, sizeof(seal_prefix));
    crypto_generichash_update(&h, (const uint8_t *)domain.at, domain.len);
    crypto_generichash_final(&h, out, 32);
    sodium_memzero(&h, sizeof(h));
}

/* Nonce, then what is sealed, then the tag. */
static int on_seal(struct request *rq, const struct key_seal_in *in, struct key_seal_out *out)
{
    const struct key *key;
    uint8_t own[32], *sealed = (uint8_t *)rq->scratch;
    int err = asked(rq, KEYS_SEAL, in->domain, &key);
    if (err != OK) return err;
    if (crypto_random(sealed, NONCE) != OK) return KEY_UNHEALTHY;
    seal_key(key, in->domain, own);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE, NULL, in->data.at,
                                                     in->data.len, (const uint8_t *)in->domain.at,
                                                     in->domain.len, NULL, sealed, own);
    sodium_memzero(own, sizeof(own));
    out->sealed = data_from(sealed, NONCE + in->data.len + TAG);
    return OK;
}

static int on_unseal(struct request *rq, const struct key_unseal_in *in, struct key_unseal_out *out)
{
    const struct key *key;
    uint8_t own[32], *text = (uint8_t *)rq->scratch;
    const uint8_t *sealed = in->sealed.at;
    int err = asked(rq, KEYS_SEAL, in->domain, &key);
    if (err != OK) return err;
    if (in->sealed.len < NONCE + TAG) return KEY_NOT_SEALED;
    seal_key(key, in->domain, own);
    err = crypto_aead_xchacha20poly1305_ietf_decrypt(
        text, NULL, NULL, sealed + NONCE, in->sealed.len - NONCE, (const uint8_t *)in->domain.at,
        in->domain.len, sealed, own);
    sodium_memzero(own, sizeof(own));
    if (err != 0) return KEY_NOT_SEALED;
    out->data = data_from(text, in->sealed.len - NONCE - TAG);
    return OK;
}

int key_serve(struct request *rq)
{
    static const struct key_ops ops = {.public = on_public,
                                       .sign = on_sign,
                                       .verify = on_verify,
                                       .agree = on_agree,
                                       .seal = on_seal,
                                       .unseal = on_unseal};
    return key_dispatch(&ops, rq);
}
