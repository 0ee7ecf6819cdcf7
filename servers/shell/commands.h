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
int run_vfs(struct shell *sh, int argc, char **argv);
int run_df(struct shell *sh, int argc, char **argv);
int run_spawn(struct shell *sh, int argc, char **argv);
int run_kill(struct shell *sh, int argc, char **argv);
int run_restart(struct shell *sh, int argc, char **argv);
int run_grant(struct shell *sh, int argc, char **argv);
int run_revoke(struct shell *sh, int argc, char **argv);
int run_view(struct shell *sh, int argc, char **argv);
int run_pingpong(struct shell *sh, int argc, char **argv);
int run_memhog(struct shell *sh, int argc, char **argv);
int run_spin(struct shell *sh, int argc, char **argv);
int run_pci(struct shell *sh, int argc, char **argv);
int run_disk(struct shell *sh, int argc, char **argv);
int run_disks(struct shell *sh, int argc, char **argv);
int run_keystore(struct shell *sh, int argc, char **argv);
int run_keys(struct shell *sh, int argc, char **argv);
int run_sync(struct shell *sh, int argc, char **argv);
int run_rand(struct shell *sh, int argc, char **argv);
int run_date(struct shell *sh, int argc, char **argv);
int run_time(struct shell *sh, int argc, char **argv);
int run_sleep(struct shell *sh, int argc, char **argv);
int run_users(struct shell *sh, int argc, char **argv);
int run_login(struct shell *sh, int argc, char **argv);
int run_assume(struct shell *sh, int argc, char **argv);
int run_logout(struct shell *sh, int argc, char **argv);
int run_whoami(struct shell *sh, int argc, char **argv);
int run_passwd(struct shell *sh, int argc, char **argv);
int run_sessions(struct shell *sh, int argc, char **argv);
int run_machine(struct shell *sh, int argc, char **argv);
int run_credentials(struct shell *sh, int argc, char **argv);
int run_preferences(struct shell *sh, int argc, char **argv);
int run_perm(struct shell *sh, int argc, char **argv);
int run_uptime(struct shell *sh, int argc, char **argv);
int run_clear(struct shell *sh, int argc, char **argv);
int run_history(struct shell *sh, int argc, char **argv);
int run_reboot(struct shell *sh, int argc, char **argv);
int run_poweroff(struct shell *sh, int argc, char **argv);
int run_exit(struct shell *sh, int argc, char **argv);
int run_rmdir(struct shell *sh, int argc, char **argv);
int run_ln(struct shell *sh, int argc, char **argv);
int run_chmod(struct shell *sh, int argc, char **argv);
int run_chown(struct shell *sh, int argc, char **argv);
int run_quota(struct shell *sh, int argc, char **argv);
int run_find(struct shell *sh, int argc, char **argv);
int run_grep(struct shell *sh, int argc, char **argv);
int run_head(struct shell *sh, int argc, char **argv);
int run_tail(struct shell *sh, int argc, char **argv);
int run_wc(struct shell *sh, int argc, char **argv);
int run_sh(struct shell *sh, int argc, char **argv);
int run_set(struct shell *sh, int argc, char **argv);
int run_unset(struct shell *sh, int argc, char **argv);
int run_test(struct shell *sh, int argc, char **argv);
int run_true(struct shell *sh, int argc, char **argv);
int run_man(struct shell *sh, int argc, char **argv);
int run_write(struct shell *sh, int argc, char **argv);
int run_as(struct shell *sh, int argc, char **argv);
int run_seal(struct shell *sh, int argc, char **argv);
int run_unseal(struct shell *sh, int argc, char **argv);
int run_snapshot(struct shell *sh, int argc, char **argv);
int run_layers(struct shell *sh, int argc, char **argv);
int run_override(struct shell *sh, int argc, char **argv);
int run_change(struct shell *sh, int argc, char **argv);
int run_bind(struct shell *sh, int argc, char **argv);
int run_unbind(struct shell *sh, int argc, char **argv);
int run_watch(struct shell *sh, int argc, char **argv);
int run_touch(struct shell *sh, int argc, char **argv);
int run_cas(struct shell *sh, int argc, char **argv);
int run_image(struct shell *sh, int argc, char **argv);

/* files.c, contents.c: of several of them. */
/* trees.c: shares chunks; waits once until all is stored. */
int tree_copy(struct shell *sh, struct directory_copy_in *in, uint64_t *out_seq);
/* The path of a layer; layers over each other, in a view; a status. */
struct text layers_at(const char *name, char out_path[1025]);
int layers_stack(struct shell *sh, int argc, char **argv, cap_t *out_view);
/* Commands act in the view from now on, until view_leave(). */
void view_enter(struct shell *sh, cap_t view);
void view_leave(struct shell *sh);
/* Runs a command on the files as they are, or after `--at SEQ` as they were. */
int shell_run_at(struct shell *sh, int argc, char **argv, int (*run)(struct shell *, int, char **));
int file_failed(struct shell *sh, const char *path, int err);
bool target_is_folder(struct shell *sh, const char *argument);
/* `target`, or the name of `source` in it. False: too long. */
bool target_path(bool into, const char *target, const char *source, char out_path[1025]);
