/* Files that we write for the operator: what he named, and what we put into his project. */
#include <errno.h>
#include <lauxlib.h>

#include "base/target.h"
#include "engine/vm_error.h"
#include "engine/vm_option.h"
#include "native/fs_priv.h"

static int fail(lua_State *L, int errnum, const char *path)
{
    struct err e;

    if (errnum != EEXIST) {
        fs_error(&e, errnum, "write", path);
        return vm_raise(L, &e);
    }
    err_set(&e, ERR_REFUSED, "%s is there already", path);
    err_hint(&e, "it was made at this moment; look whose it is");
    return vm_raise(L, &e);
}

/// Writes a file for the operator: a temporary one beside it, synced and renamed. No symbolic link of
/// the project is written through, none of another user's, and none where others can write. It is
/// 0600. One that is `shared`, as files of a project are, has the mode of the one that is there, or as
/// the umask lets it, and its directories are made. What is no file (/dev/stdout, a pipe) takes the
/// text. Permit "read": it is no effect, and out of the reach of scripts.
///
/// Raises: `refused`, `not_found`, `io`.
///@param path string
///@param text string
///@param options? { shared?: boolean, is_new?: boolean }  is_new: it takes nobody's place
int fs_keep(lua_State *L)
{
    const char *path = fs_check_path(L, 1, PERMIT_READ, "fs.keep");
    size_t len;
    const char *text = luaL_checklstring(L, 2, &len);
    bool shared = false, is_new = false;
    struct target target;
    struct err e;
    mode_t mode;
    int rc;

    if (!lua_isnoneornil(L, 3)) {
        luaL_checktype(L, 3, LUA_TTABLE);
        shared = vm_opt_boolean(L, 3, "shared", "fs.keep", false);
        is_new = vm_opt_boolean(L, 3, "is_new", "fs.keep", false);
    }
    if (target_open(&target, path, shared, &e) < 0)
        return vm_raise(L, &e);
    mode = !shared ? 0600 : target.is == TARGET_FILE ? target.mode : fs_new_mode();
    rc = target_put(&target, text, len, mode, is_new) < 0 ? errno : 0;
    target_close(&target);
    return rc ? fail(L, rc, path) : 0;
}

/// Writes a file that is there anew, as keep does, if it holds what it is said to hold, and nobody
/// else is doing the same at this moment. Its mode stays. Permit "read".
///
/// Raises: `refused`, `not_found`, `io`.
///@param path string
///@param was string   what it holds
///@param text string
///@return boolean     false: it holds something else by now, or is being written
int fs_compare_and_swap(lua_State *L)
{
    const char *path = fs_check_path(L, 1, PERMIT_READ, "fs.compare_and_swap");
    size_t was_len, len;
    const char *was = luaL_checklstring(L, 2, &was_len);
    const char *text = luaL_checklstring(L, 3, &len);
    struct target target;
    struct err e;
    int rc;

    if (target_open(&target, path, false, &e) < 0)
        return vm_raise(L, &e);
    rc = target_compare_and_swap(&target, was, was_len, text, len) < 0 ? errno : 0;
    target_close(&target);
    if (rc && rc != EAGAIN)
        return fail(L, rc, path);
    lua_pushboolean(L, rc == 0);
    return 1;
}

/// Makes a directory for what we write for the operator, 0700, with those above it that are missing.
/// No symbolic link of the project is followed, and one that is there must be ours, and closed to the
/// writing of others. Permit "read".
///
/// Raises: `refused`, `io`.
///@param path string
int fs_keep_directory(lua_State *L)
{
    const char *path = fs_check_path(L, 1, PERMIT_READ, "fs.keep_directory");
    struct err e;

    return target_directory(path, &e) < 0 ? vm_raise(L, &e) : 0;
}

/// What is where keep would write: so that nothing is written where one of several files cannot be.
/// Permit "read".
///
/// Raises: `refused` (a link that is not written through), `io`.
///@param path string
///@return "nothing"|"file"|"stream"
int fs_target(lua_State *L)
{
    static const char *const words[] = {
        [TARGET_NOTHING] = "nothing", [TARGET_FILE] = "file", [TARGET_STREAM] = "stream"};
    const char *path = fs_check_path(L, 1, PERMIT_READ, "fs.target");
    enum target_is is = TARGET_NOTHING;
    struct target target;
    struct err e;

    if (target_open(&target, path, false, &e) == 0) {
        is = target.is;
        target_close(&target);
    } else if (e.kind != ERR_NOT_FOUND) {
        return vm_raise(L, &e);
    }
    lua_pushstring(L, words[is]);
    return 1;
}
