#include "proc/proc_env.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "proc/proc.h"

#define ENVIRON_MAX (8u * 1024 * 1024) /* of one process; the kernel's own limit is 6 MiB */

extern char **environ;

/* The length of NAME in "NAME=value" or in "NAME". */
static size_t name_length(const char *entry)
{
    return strcspn(entry, "=");
}

static bool same_name(const char *a, const char *b)
{
    size_t n = name_length(a);

    return n == name_length(b) && memcmp(a, b, n) == 0;
}

static bool named_in(const char *const *list, const char *entry)
{
    for (; list && *list; list++)
        if (same_name(*list, entry))
            return true;
    return false;
}

static size_t list_length(const char *const *list)
{
    size_t n = 0;

    while (list && list[n])
        n++;
    return n;
}

static bool kept(const char *const *keep, const char *entry)
{
    for (; keep && *keep; keep++) {
        size_t n = strlen(*keep);

        if (n && (*keep)[n - 1] == '*' ? strncmp(*keep, entry, n - 1) == 0
                                       : same_name(*keep, entry))
            return true;
    }
    return false;
}

char **proc_env_make(const char *const *keep, const char *const *set, const char *const *unset)
{
    size_t count = list_length((const char *const *)environ) + list_length(set) + 1;
    char **env = calloc(count, sizeof *env);
    size_t n = 0;
    char **entry;

    if (!env)
        return NULL;
    for (entry = environ; entry && *entry; entry++) {
        if (!kept(keep, *entry) || named_in(set, *entry) || named_in(unset, *entry))
            continue;
        env[n] = strdup(*entry);
        if (!env[n++])
            goto fail;
    }
    for (; set && *set; set++) {
        env[n] = strdup(*set);
        if (!env[n++])
            goto fail;
    }
    return env;
fail:
    proc_env_free(env);
    return NULL;
}

void proc_env_free(char **env)
{
    char **entry;

    for (entry = env; entry && *entry; entry++)
        free(*entry);
    free(env);
}

const char *proc_env_get(char **env, const char *name)
{
    for (; env && *env; env++)
        if (same_name(*env, name) && (*env)[name_length(name)] == '=')
            return *env + name_length(name) + 1;
    return NULL;
}

/* --- where a program is --- */

/* 0: executable; else the errno that says why not. */
static int executable(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return errno;
    if (S_ISDIR(st.st_mode))
        return EISDIR;
    return access(path, X_OK) < 0 ? errno : 0;
}

static int which_error(const char *name, const char *path, int errnum, struct err *e)
{
    if (errnum == ENOENT || errnum == ENOTDIR)
        return err_set(e, ERR_NOT_FOUND, "%s does not exist", path);
    if (errnum == EISDIR)
        return err_set(e, ERR_IO, "%s is a directory, not a program", path);
    err_set_errno(e, ERR_IO, errnum, "%s cannot be executed", path);
    return errnum == EACCES ? err_hint(e, "make it executable: chmod +x %s", name) : -1;
}

static int which_path(const char *name, const char *cwd, char **out, struct err *e)
{
    struct buf full = BUF_INIT(16 * 1024);
    int errnum;

    if (name[0] != '/' && cwd)
        buf_addf(&full, "%s/", cwd);
    if (buf_adds(&full, name) < 0)
        return err_set(e, ERR_LIMIT, "the name of the program is too long");
    errnum = executable(buf_str(&full));
    if (errnum)
        which_error(name, buf_str(&full), errnum, e);
    buf_release(&full);
    if (errnum)
        return -1;
    /* The child changes its directory first, so the name as given is the right one there. */
    *out = strdup(name);
    return *out ? 0 : err_set(e, ERR_MEMORY, "out of memory");
}

int proc_which(const char *name, const char *path, const char *cwd, char **out, struct err *e)
{
    struct buf full = BUF_INIT(16 * 1024);
    struct buf refused = BUF_INIT(16 * 1024);
    const char *dir;

    if (strchr(name, '/'))
        return which_path(name, cwd, out, e);
    if (!path)
        path = getenv("PATH");
    if (!path)
        path = "/usr/local/bin:/usr/bin:/bin";
    for (dir = path; *dir; dir += strspn(dir, ":")) {
        size_t len = strcspn(dir, ":");
        int errnum;

        buf_reset(&full);
        /* A relative entry would find another program in every directory. */
        if (dir[0] == '/' && buf_add(&full, dir, len) == 0 && buf_addf(&full, "/%s", name) == 0) {
            errnum = executable(buf_str(&full));
            if (errnum == 0) {
                *out = buf_detach(&full, NULL);
                buf_release(&refused);
                return *out ? 0 : err_set(e, ERR_MEMORY, "out of memory");
            }
            if (errnum == EACCES && !refused.len)
                buf_adds(&refused, buf_str(&full));
        }
        dir += len;
    }
    buf_release(&full);
    if (refused.len) {
        which_error(buf_str(&refused), buf_str(&refused), EACCES, e);
    } else {
        err_set(e, ERR_NOT_FOUND, "%s is not installed: it is in no directory of PATH (%s)", name,
                path);
        err_hint(e, "install it, or give its path");
    }
    buf_release(&refused);
    return -1;
}

/* --- the running --- */

static pid_t pid_of_entry(const struct dirent *entry)
{
    const char *s;

    for (s = entry->d_name; *s; s++)
        if (!isdigit((unsigned char)*s))
            return 0;
    return (pid_t)strtol(entry->d_name, NULL, 10);
}

static int read_proc_file(pid_t pid, const char *name, struct buf *out)
{
    char path[64];
    char chunk[16 * 1024];
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    buf_reset(out);
    while ((n = read(fd, chunk, sizeof chunk)) > 0)
        if (buf_add(out, chunk, (size_t)n) < 0)
            break;
    close(fd);
    return n < 0 ? -1 : 0;
}

/* State letter and process group from /proc/PID/stat; the command between them, in brackets, may
 * hold anything, so the fields are counted from its last bracket. */
static int process_group(pid_t pid, struct buf *scratch, char *state, pid_t *pgid)
{
    const char *after;
    int group;

    if (read_proc_file(pid, "stat", scratch) < 0)
        return -1;
    after = strrchr(buf_str(scratch), ')');
    if (!after || sscanf(after + 1, " %c %*d %d", state, &group) != 2)
        return -1;
    *pgid = (pid_t)group;
    return 0;
}

bool proc_group_lives(pid_t pgid)
{
    struct buf scratch = BUF_INIT(64 * 1024);
    struct dirent *entry;
    bool lives = false;
    DIR *dir;

    if (kill(-pgid, 0) < 0 && errno == ESRCH)
        return false;
    dir = opendir("/proc");
    if (!dir)
        return true;
    while (!lives && (entry = readdir(dir))) {
        pid_t pid = pid_of_entry(entry), group;
        char state;

        /* A zombie answers kill(), and stays one where nobody reaps orphans. */
        if (pid && process_group(pid, &scratch, &state, &group) == 0)
            lives = group == pgid && state != 'Z' && state != 'X';
    }
    closedir(dir);
    buf_release(&scratch);
    return lives;
}

static bool environ_holds(const struct buf *env, const char *name, const char *value)
{
    size_t name_len = strlen(name), value_len = strlen(value);
    const char *s = buf_str(env), *end = s + env->len;

    while (s < end) {
        size_t len = strnlen(s, (size_t)(end - s));

        if (len == name_len + 1 + value_len && memcmp(s, name, name_len) == 0 &&
            s[name_len] == '=' && memcmp(s + name_len + 1, value, value_len) == 0)
            return true;
        s += len + 1;
    }
    return false;
}

static bool is_ours(pid_t pid)
{
    char path[64];
    struct stat st;

    snprintf(path, sizeof path, "/proc/%d", (int)pid);
    return stat(path, &st) == 0 && st.st_uid == geteuid();
}

size_t proc_find_by_env(const char *name, const char *value, pid_t *pids, size_t max)
{
    struct buf env = BUF_INIT(ENVIRON_MAX);
    struct dirent *entry;
    size_t count = 0;
    DIR *dir = opendir("/proc");

    if (!dir)
        return 0;
    while (count < max && (entry = readdir(dir))) {
        pid_t pid = pid_of_entry(entry);

        /* A zombie's environ is empty. */
        if (!pid || pid == getpid() || !is_ours(pid) || read_proc_file(pid, "environ", &env) < 0)
            continue;
        if (environ_holds(&env, name, value))
            pids[count++] = pid;
    }
    closedir(dir);
    buf_release(&env);
    return count;
}
