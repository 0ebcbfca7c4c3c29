#include "native/process.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <lauxlib.h>

#include "base/fault.h"
#include "base/loop.h"
#include "engine/task.h"
#include "engine/vm_error.h"

#define PROCESS_ARGV "almanac.argv"

/// A variable of the environment.
///@param name string
///@return string?
static int l_getenv(lua_State *L)
{
    lua_pushstring(L, getenv(luaL_checkstring(L, 1)));
    return 1;
}

/// Of this process.
///@return integer
static int l_pid(lua_State *L)
{
    lua_pushinteger(L, getpid());
    return 1;
}

/// The program's file.
///@return string path
static int l_exe(lua_State *L)
{
    char path[4096];
    size_t len = sizeof path;
    int rc = uv_exepath(path, &len);

    if (rc < 0)
        return vm_raisef(L, ERR_IO, "cannot tell the program's own path: %s", uv_strerror(rc));
    lua_pushlstring(L, path, len);
    return 1;
}

/// Of this machine.
///@return string
static int l_hostname(lua_State *L)
{
    char name[256];

    if (gethostname(name, sizeof name) < 0)
        lua_pushliteral(L, "localhost");
    else
        lua_pushstring(L, name);
    return 1;
}

/* Who called sudo, where both of its variables name one user of this machine; else NULL. Only root
 * is believed to be there by sudo, for anybody can set its variables. */
static const char *sudo_caller(void)
{
    const char *name = getuid() == 0 ? getenv("SUDO_USER") : NULL;
    const char *number = getenv("SUDO_UID");
    const struct passwd *pw = name && *name && number ? getpwnam(name) : NULL;
    char uid[24];

    if (!pw)
        return NULL;
    snprintf(uid, sizeof uid, "%ju", (uintmax_t)pw->pw_uid);
    return strcmp(uid, number) == 0 ? name : NULL;
}

/// The user that the process is of: a name, or the number of one who has none.
///@return string
static int l_account(lua_State *L)
{
    const struct passwd *pw = getpwuid(getuid());

    if (pw)
        lua_pushstring(L, pw->pw_name);
    else
        lua_pushfstring(L, "%I", (LUAI_UACINT)getuid());
    return 1;
}

/// Who is at the terminal, as the system says: the user that the process is of, or, under sudo, who called
/// it.
///@return string
static int l_user(lua_State *L)
{
    const char *caller = sudo_caller();

    if (!caller)
        return l_account(L);
    lua_pushstring(L, caller);
    return 1;
}

/// The working directory.
///@return string path
static int l_cwd(lua_State *L)
{
    char path[4096];

    if (!getcwd(path, sizeof path)) {
        struct err e;

        err_set_errno(&e, ERR_IO, errno, "cannot tell the working directory");
        return vm_raise(L, &e);
    }
    lua_pushstring(L, path);
    return 1;
}

/// Makes another directory the working one, of the program's own command line only.
///
/// Raises: `io`.
///@param path string
static int l_chdir(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);

    if (chdir(path) != 0) {
        struct err e;

        err_set_errno(&e, ERR_IO, errno, "cannot go to %s", path);
        return vm_raise(L, &e);
    }
    return 0;
}

/// Interrupts another process, as its operator's Ctrl-C does (INT, TERM), cancels what it does (USR1),
/// or ends it. Permit "effect".
///
/// Raises: `usage`, `io`.
///@param pid integer
///@param name "INT"|"TERM"|"KILL"|"USR1"
static int l_interrupt(lua_State *L)
{
    static const char *const names[] = {"INT", "TERM", "KILL", "USR1", NULL};
    static const int numbers[] = {SIGINT, SIGTERM, SIGKILL, SIGUSR1};
    lua_Integer pid = luaL_checkinteger(L, 1);
    int number = numbers[luaL_checkoption(L, 2, NULL, names)];

    task_require(L, PERMIT_EFFECT, "process.interrupt");
    if (pid <= 1 || pid > INT_MAX) /* 0 and below are groups */
        return vm_raisef(L, ERR_USAGE, "process.interrupt: there is no process %lld",
                         (long long)pid);
    if (kill((pid_t)pid, number) != 0) {
        struct err e;

        err_set_errno(&e, ERR_IO, errno, "cannot interrupt process %d", (int)pid);
        return vm_raise(L, &e);
    }
    return 0;
}

/// No more memory than that, in bytes, for this process and for each that it starts from now on: what is asked for
/// beyond is refused to it. A sanitized build has none, for its own bookkeeping is beyond any limit.
///
/// Raises: `usage`, `io`.
///@param bytes integer
static int l_limit_memory(lua_State *L)
{
    lua_Integer bytes = luaL_checkinteger(L, 1);
    struct rlimit limit;

    if (bytes <= 0)
        return vm_raisef(L, ERR_USAGE, "process.limit_memory: %lld bytes are no limit",
                         (long long)bytes);
#ifndef __SANITIZE_ADDRESS__
    if (getrlimit(RLIMIT_DATA, &limit) == 0) {
        if (limit.rlim_cur > (rlim_t)bytes)
            limit.rlim_cur = (rlim_t)bytes;
        if (setrlimit(RLIMIT_DATA, &limit) == 0)
            return 0;
    }
    struct err e;

    err_set_errno(&e, ERR_IO, errno, "cannot limit the memory of this process");
    return vm_raise(L, &e);
#else
    (void)limit;
    return 0;
#endif
}

/// Passes a named point, where a test can end the program: ALMANAC_FAULT="point:N:kill".
///@param point string
static int l_pass(lua_State *L)
{
    (void)fault_at(luaL_checkstring(L, 1));
    return 0;
}

void process_set_argv(lua_State *L, int argc, char **argv)
{
    lua_createtable(L, argc, 0);
    for (int i = 0; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i);
    }
    lua_setfield(L, LUA_REGISTRYINDEX, PROCESS_ARGV);
}

/// What the standard library knows of the process it runs in.
int luaopen_native_process(lua_State *L)
{
    ///@field argv string[]  the words of the command line, from 0
    ///@field version string  "0.1.0"
    ///@field commit string  what git describes the source as, "1b739341a" or "1b739341a-dirty"; "" where nobody knew
    static const luaL_Reg functions[] = {
        {"getenv", l_getenv},
        {"pid", l_pid},
        {"exe", l_exe},
        {"hostname", l_hostname},
        {"account", l_account},
        {"user", l_user},
        {"cwd", l_cwd},
        {"chdir", l_chdir},
        {"interrupt", l_interrupt},
        {"pass", l_pass},
        {"limit_memory", l_limit_memory},
        {NULL, NULL},
    };

    luaL_newlib(L, functions);
    lua_getfield(L, LUA_REGISTRYINDEX, PROCESS_ARGV);
    lua_setfield(L, -2, "argv");
    lua_pushliteral(L, ALMANAC_VERSION);
    lua_setfield(L, -2, "version");
    lua_pushliteral(L, ALMANAC_COMMIT);
    lua_setfield(L, -2, "commit");
    return 1;
}
