/* proc_env: environments of processes: one made for a child, and those of the running. */
#ifndef ALMANAC_PROC_ENV_H
#define ALMANAC_PROC_ENV_H

#include <stdbool.h>
#include <sys/types.h>

/* What of our environment is named in `keep` (NAME, or PREFIX* for all that begin so) and not in
 * `unset`, with the "NAME=value" of `set`; each list ends with NULL, or is NULL; set wins. NULL
 * when memory is out; to be given to proc_env_free(). */
char **proc_env_make(const char *const *keep, const char *const *set, const char *const *unset);
void proc_env_free(char **env); /* NULL is fine */
/* The value of a name in it, or NULL. */
const char *proc_env_get(char **env, const char *name);

/* Whether the process group has a member that is no zombie. */
bool proc_group_lives(pid_t pgid);

#endif
