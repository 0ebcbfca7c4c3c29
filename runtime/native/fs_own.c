/* What others may have written, or put there: nothing rests on it, and nothing of it is run. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/trust.h"
#include "engine/lua_buf.h"
#include "engine/vm_error.h"
#include "native/fs_priv.h"

#define OWN_MAX (16 * 1024 * 1024)

static int refuse(struct err *e, const char *path, const char *noun, const char *why)
{
    return err_set(e, ERR_REFUSED, "%s is no %s to trust: %s", path, noun, why);
}

/* A file on which something rests: who it is of is looked at on what was opened. `flags` are those
 * of open() besides. */
static int read_own(const char *path, const char *noun, bool private, int flags, struct buf *out,
                    struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);
    enum trust trust = TRUST_LINK;
    struct stat st;

    if (fd < 0 && errno != ELOOP)
        return fs_error(e, errno, "read", path);
    if (fd >= 0 && fstat(fd, &st) < 0)
        trust = TRUST_OTHER;
    else if (fd >= 0)
        trust = private ? trust_of(&st, S_IRWXG | S_IRWXO, false) : trust_to_read(&st);
    if (trust == TRUST_OURS)
        return fs_read_open(fd, path, out, e);
    if (fd >= 0)
        close(fd);
    switch (trust) {
    case TRUST_LINK:
        refuse(e, path, noun, "it is a symbolic link");
        return err_hint(e, "name the file itself");
    case TRUST_OTHER:
        refuse(e, path, noun, "it belongs to another user");
        return err_hint(e,
                        "make sure that it is the one you mean, and make a copy of your own: cp "
                        "%s COPY",
                        path);
    default:
        refuse(e, path, noun, private ? "others can read or write it" : "others can write to it");
        return err_hint(e, "make sure that nobody has changed it, then: chmod %s %s",
                        private ? "600" : "go-w", path);
    }
}

/// The text of a file that is ours (or root's, unless it is private), no link, and that nobody else
/// can write; a private one nobody else can read either. Permit "read".
///
/// Raises: `not_found`, `io`, `limit`, `refused`.
///@param path string
///@param noun string       what it is, for errors: "plan"
///@param private? boolean
///@return string
int fs_read_own(lua_State *L)
{
    const char *path = fs_check_path(L, 1, PERMIT_READ, "fs.read_own");
    const char *noun = luaL_checkstring(L, 2);
    bool private = lua_toboolean(L, 3); /* before the buffer takes that place */
    struct buf *b = lua_buf_new(L, OWN_MAX);
    struct err e;

    if (read_own(path, noun, private, O_NOFOLLOW, b, &e) < 0)
        return vm_raise(L, &e);
    lua_pushlstring(L, buf_str(b), b->len);
    buf_release(b);
    return 1;
}

/// The text of a file that the operator named: one that is ours or root's, and that nobody else can write.
/// A link is followed. Permit "read".
///
/// Raises: `not_found`, `io`, `limit`, `refused`.
///@param path string
///@param noun string  what it is, for errors: "file of parameters"
///@return string
int fs_read_given(lua_State *L)
{
    const char *path = fs_check_path(L, 1, PERMIT_READ, "fs.read_given");
    const char *noun = luaL_checkstring(L, 2);
    struct buf *b = lua_buf_new(L, OWN_MAX);
    struct err e;

    if (read_own(path, noun, false, 0, b, &e) < 0)
        return vm_raise(L, &e);
    lua_pushlstring(L, buf_str(b), b->len);
    buf_release(b);
    return 1;
}

/* --- scripts --- */

struct script {
    const char *path;
    const char *verb; /* what is not done with it where others had a hand in it: "run" */
};

/* Why something is not trusted to be run, or NULL. */
static const char *script_fault(const struct stat *st)
{
    switch (trust_to_read(st)) {
    case TRUST_OTHER:
        return "belongs to another user";
    case TRUST_OPEN:
        return "can be written by others";
    default:
        return NULL;
    }
}

static int refuse_script(const struct script *script, const char *what, const char *why,
                         struct err *e)
{
    bool is_other = strncmp(why, "belongs", 7) == 0;

    err_set(e, ERR_REFUSED, "%s is not %s: %s %s", script->path, script->verb,
            strcmp(what, script->path) == 0 ? "it" : what, why);
    if (is_other)
        return err_hint(e,
                        "read it, and work on a copy of your own; or run almanac as its owner. "
                        "Where that user's files are yours (in a container, say): "
                        "ALMANAC_TRUST_UID=$(stat -c %%u %s)",
                        what);
    return err_hint(e, "make sure that nobody has changed it, then: chmod go-w %s", what);
}

/* Looks at a directory, and, below the working directory, at those above it up to that: who can
 * write one puts what he likes in the place of what is in it. `dir` is absolute, and is used up. */
static int check_directories(const struct script *script, char *dir, const char *here,
                             struct err *e)
{
    size_t len = strlen(here);
    struct stat st;

    for (;;) {
        bool is_below = file_is_below(dir, here);
        const char *shown = !is_below ? dir : dir[len] ? dir + len + 1 : ".";
        const char *why;

        if (stat(dir, &st) < 0)
            return fs_error(e, errno, "look at", shown);
        why = script_fault(&st);
        if (why)
            return refuse_script(script, shown, why, e);
        if (!is_below || !dir[len])
            return 0;
        *strrchr(dir, '/') = '\0';
    }
}

/* Looks at where the file is, and at where the link is that leads there. */
static int check_place(const struct script *script, struct err *e)
{
    char here[PATH_MAX], dir[PATH_MAX], real[PATH_MAX];
    const char *path = script->path;

    if (!getcwd(here, sizeof here) || !realpath(path, real))
        return fs_error(e, errno, "read", path);
    fs_parent(real, dir, sizeof dir);
    if (check_directories(script, dir, here, e) < 0)
        return -1;
    fs_parent(path, dir, sizeof dir);
    if (!realpath(dir, real))
        return fs_error(e, errno, "read", path);
    return check_directories(script, real, here, e);
}

/// Whether something is there that is ours or root's, and that nobody else can write; in a directory such
/// as /tmp everybody removes what is his own alone, and it counts. Permit "read".
///@param path string
///@return boolean
int fs_is_trusted(lua_State *L)
{
    const char *path = fs_check_path(L, 1, PERMIT_READ, "fs.is_trusted");
    struct stat st;

    lua_pushboolean(L, stat(path, &st) == 0 && trust_to_read(&st) == TRUST_OURS);
    return 1;
}

/// Refuses a file or directory that is to be run, or used, where it, or a directory from it up to the working directory, is
/// neither ours nor root's, or can be written by others. A link is followed, and where it is looked at,
/// too. Permit "read".
///
/// Raises: `not_found`, `io`, `refused`.
///@param path string
///@param verb? string  what is not done with it then; default "run"
int fs_check_script(lua_State *L)
{
    const char *path = fs_check_path(L, 1, PERMIT_READ, "fs.check_script");
    struct script script = {path, luaL_optstring(L, 2, "run")};
    const char *why;
    struct stat st;
    struct err e;
    int rc;

    if (stat(path, &st) < 0) {
        fs_error(&e, errno, "read", path);
        return vm_raise(L, &e);
    }
    why = script_fault(&st);
    rc = why ? refuse_script(&script, path, why, &e) : check_place(&script, &e);
    return rc < 0 ? vm_raise(L, &e) : 0;
}
