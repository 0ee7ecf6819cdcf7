/* programs.c - who takes part: the symbols that CMakeLists.txt leaves of each program. */
#include "sim.h"

#define DECLARE(name)                                                                              \
    int name##_entry(const struct startup *startup);                                               \
    extern char __start_##name##_data[], __stop_##name##_data[];                                   \
    extern char __start_##name##_bss[], __stop_##name##_bss[];
#define DECLARE_SERVICE(name)                                                                      \
    void name##_once_apply(struct service *svc);                                                   \
    void name##_once_snapshot(struct service *svc);                                                \
    void name##_service_fold(struct service *svc);                                                 \
    DECLARE(name)
#define PROGRAM(title, number)                                                                     \
    .name = #title, .entry = title##_entry, .data = __start_##title##_data,                        \
    .data_end = __stop_##title##_data, .bss = __start_##title##_bss,                               \
    .bss_end = __stop_##title##_bss, .place = (number + 1) * PLACE_BYTES
#define SERVICE(title, number)                                                                     \
    PROGRAM(title, number), .once_apply = title##_once_apply,                                      \
                            .once_snapshot = title##_once_snapshot, .fold = title##_service_fold

DECLARE(ledger)
DECLARE_SERVICE(vfs)
DECLARE_SERVICE(shadow)
DECLARE(anna)
DECLARE(bert)
DECLARE(disk)

const struct program programs[PROGRAMS] = {
    [PROGRAM_LEDGER] = {PROGRAM(ledger, PROGRAM_LEDGER)},
    [PROGRAM_VFS] = {SERVICE(vfs, PROGRAM_VFS)},
    [PROGRAM_SHADOW] = {SERVICE(shadow, PROGRAM_SHADOW)},
    [PROGRAM_ANNA] = {PROGRAM(anna, PROGRAM_ANNA)},
    [PROGRAM_BERT] = {PROGRAM(bert, PROGRAM_BERT)},
    [PROGRAM_DISK] = {PROGRAM(disk, PROGRAM_DISK)},
};
