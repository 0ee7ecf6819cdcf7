/* guest.c - see guest.h. */
#define _GNU_SOURCE
#include "guest.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SETTLE_US = 1000, TRIES = 5000 };

_Noreturn void guest_end(void)
{
    sync();
    reboot(RB_POWER_OFF);
    for (;;) {
        pause();
    }
}

_Noreturn void guest_fail(const char *what)
{
    printf("FAILED %s: %m\n", what);
    guest_end();
}

void guest_mount(const char *type, const char *from, const char *path)
{
    (void)mkdir(path, 0755);
    guest_need(mount(from, path, type, 0, NULL) == 0, path);
}

void guest_wait(const char *path)
{
    for (int i = 0; i < TRIES && access(path, R_OK) != 0; i++) {
        usleep(SETTLE_US);
    }
}

/* 1.ko, 2.ko, ... in the order in which they need each other. */
static void modules_load(void)
{
    char path[16];
    for (int i = 1;; i++) {
        snprintf(path, sizeof(path), "/%d.ko", i);
        if (access(path, R_OK) != 0) return;
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        guest_need(fd >= 0 && syscall(SYS_finit_module, fd, "", 0) == 0, path);
        close(fd);
    }
}

void guest_begin(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    guest_mount("devtmpfs", "dev", "/dev");
    int line = open("/dev/ttyS0", O_WRONLY | O_CLOEXEC);
    if (line < 0 || dup2(line, STDOUT_FILENO) < 0) guest_end();
    modules_load();
}
