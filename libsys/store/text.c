/* text.c - results and faults as sentences. */
#include "store.h"

const char *store_text(enum store_result result)
{
    static const char *const texts[] = {
        [STORE_OK] = "ok",
        [STORE_WAIT] = "a request to the device has to be done first",
        [STORE_EMPTY] = "the device is empty: it has no log, and was not formatted",
        [STORE_FOREIGN] = "something else is on the device: it was not touched",
        [STORE_OTHER] = "the log on the device is another one than expected: it was not touched",
        [STORE_VERSION_NEW] = "the log on the device has another version: it was not touched",
        [STORE_SUPERBLOCK] = "both superblocks of the log are damaged: it was not touched",
        [STORE_DEVICE_SIZE] = "the device is smaller than the log on it: it was not touched",
        [STORE_SMALL] = "the device is too small for a log of this geometry",
        [STORE_MEMORY] = "too little memory was given to the store",
        [STORE_DAMAGED] = "the log is damaged: it can be read up to there, and not appended to",
        [STORE_DEVICE] = "the device failed a request",
        [STORE_SHORT] = "the device did only part of a request",
        [STORE_READ_ONLY] = "the log is open for reading only",
        [STORE_FULL] = "the log is full: nothing was lost, nothing more is taken",
        [STORE_BUSY] = "all buffers of the store wait for the device",
        [STORE_LARGE] = "the records do not fit into one group",
        [STORE_STREAM] = "no such stream, or too many of them",
        [STORE_ORDER] = "not the record that comes next",
        [STORE_END] = "no durable record is left",
        [STORE_NONE] = "the stream has no such checkpoint",
    };
    return result < sizeof(texts) / sizeof(texts[0]) ? texts[result] : "unknown result";
}

const char *store_fault_text(enum store_fault fault)
{
    static const char *const texts[] = {
        [STORE_SOUND] = "sound",
        [STORE_ABSENT] = "no group stands here",
        [STORE_OTHER_FORMAT] = "a group of another version",
        [STORE_BAD_LENGTH] = "a length that cannot be",
        [STORE_BAD_HASH] = "contents differ from their hash",
        [STORE_BAD_PADDING] = "bytes that must be zero are not",
        [STORE_BAD_NUMBER] = "not the group that comes next",
        [STORE_BAD_BEFORE] = "follows another group than the one before it",
        [STORE_BAD_RECORD] = "a malformed record",
        [STORE_BAD_SEQUENCE] = "not the record that comes next in its stream",
        [STORE_BAD_TABLE] = "the table does not agree with the records before it",
        [STORE_BAD_BOOT] = "the boot does not follow from the one before",
        [STORE_BAD_CHAIN] = "a commit or the chain's hash was changed",
    };
    return fault < sizeof(texts) / sizeof(texts[0]) ? texts[fault] : "unknown fault";
}
