/* app.c - see app.h. */
#include "app.h"

#include "bytes.h"

uint32_t app_write(enum app_type type, const char *text, size_t len,
                   uint8_t out_bytes[APP_BYTES_MAX])
{
    if (len > APP_TEXT_MAX) return 0;
    memset(out_bytes, 0, APP_HEAD_BYTES);
    out_bytes[0] = APP_VERSION;
    out_bytes[2] = (uint8_t)type;
    for (uint32_t i = 0; i < 4; i++) {
        out_bytes[4 + i] = (uint8_t)(len >> 8 * i);
    }
    if (len > 0) memcpy(out_bytes + APP_HEAD_BYTES, text, len);
    return APP_HEAD_BYTES + (uint32_t)len;
}

enum app_error app_read(const uint8_t *bytes, size_t len, struct app_message *out_message)
{
    if (len < APP_HEAD_BYTES) return APP_TOO_SHORT;
    if (bytes[0] != APP_VERSION) return APP_BAD_VERSION;
    if (bytes[1] != 0) return APP_NOT_ZERO;
    uint32_t type = bytes[2] | (uint32_t)bytes[3] << 8, text = 0;
    if (type == 0 || type >= APP_TYPES) return APP_BAD_TYPE;
    for (uint32_t i = 0; i < 4; i++) {
        text |= (uint32_t)bytes[4 + i] << 8 * i;
    }
    if (text != len - APP_HEAD_BYTES || text > APP_TEXT_MAX) return APP_BAD_LENGTH;
    *out_message = (struct app_message){
        .type = (enum app_type)type, .len = text, .text = (const char *)bytes + APP_HEAD_BYTES};
    return APP_OK;
}
