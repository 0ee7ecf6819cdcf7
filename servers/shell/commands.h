/* commands.h - the functions of the commands; see table.c for what each does. */
#pragma once
#include "shell.h"

int run_help(struct shell *sh, int argc, char **argv);
int run_ps(struct shell *sh, int argc, char **argv);
int run_services(struct shell *sh, int argc, char **argv);
int run_caps(struct shell *sh, int argc, char **argv);
int run_mem(struct shell *sh, int argc, char **argv);
int run_boots(struct shell *sh, int argc, char **argv);
int run_lives(struct shell *sh, int argc, char **argv);
int run_log(struct shell *sh, int argc, char **argv);
int run_syslog(struct shell *sh, int argc, char **argv);
int run_show(struct shell *sh, int argc, char **argv);
int run_verify(struct shell *sh, int argc, char **argv);
int run_why(struct shell *sh, int argc, char **argv);
int run_at(struct shell *sh, int argc, char **argv);
int run_who(struct shell *sh, int argc, char **argv);
int run_ls(struct shell *sh, int argc, char **argv);
int run_cat(struct shell *sh, int argc, char **argv);
int run_echo(struct shell *sh, int argc, char **argv);
int run_cp(struct shell *sh, int argc, char **argv);
int run_mv(struct shell *sh, int argc, char **argv);
int run_rm(struct shell *sh, int argc, char **argv);
int run_mkdir(struct shell *sh, int argc, char **argv);
int run_stat(struct shell *sh, int argc, char **argv);
int run_df(struct shell *sh, int argc, char **argv);
int run_spawn(struct shell *sh, int argc, char **argv);
int run_kill(struct shell *sh, int argc, char **argv);
int run_restart(struct shell *sh, int argc, char **argv);
int run_grant(struct shell *sh, int argc, char **argv);
int run_revoke(struct shell *sh, int argc, char **argv);
int run_pingpong(struct shell *sh, int argc, char **argv);
int run_memhog(struct shell *sh, int argc, char **argv);
int run_spin(struct shell *sh, int argc, char **argv);
int run_pci(struct shell *sh, int argc, char **argv);
int run_disk(struct shell *sh, int argc, char **argv);
int run_sync(struct shell *sh, int argc, char **argv);
int run_rand(struct shell *sh, int argc, char **argv);
int run_date(struct shell *sh, int argc, char **argv);
int run_time(struct shell *sh, int argc, char **argv);
int run_sleep(struct shell *sh, int argc, char **argv);
int run_uptime(struct shell *sh, int argc, char **argv);
int run_clear(struct shell *sh, int argc, char **argv);
int run_history(struct shell *sh, int argc, char **argv);
int run_reboot(struct shell *sh, int argc, char **argv);
int run_poweroff(struct shell *sh, int argc, char **argv);
int run_exit(struct shell *sh, int argc, char **argv);
