/* The methods of native.journal that take, give back and look at locks. */
#include <lauxlib.h>

#include "engine/vm.h"
#include "engine/vm_error.h"
#include "native/journal_priv.h"

static int push_holder(lua_State *L, struct buf *holder)
{
    lua_pushlstring(L, buf_str(holder), holder->len);
    return 1;
}

/* The text of a holder is copied to Lua in protected mode: memory may run out, and the buffer
 * must be released. */
static int holder_text(lua_State *L)
{
    return push_holder(L, lua_touserdata(L, 1));
}

static void holder_push(lua_State *L, struct buf *holder)
{
    int rc;

    lua_pushcfunction(L, holder_text);
    lua_pushlightuserdata(L, holder);
    rc = lua_pcall(L, 1, 1, 0);
    buf_release(holder);
    if (rc != LUA_OK)
        lua_error(L);
}

typedef int (*lock_fn)(struct journal *j, const char *name, const char *text, struct buf *holder,
                       struct err *e);

static int lock(lua_State *L, const char *who, const char *what, lock_fn fn)
{
    struct journal *j = journal_arg(L, who);
    const char *name = journal_text_arg(L, 2, who, what);
    const char *text = journal_text_arg(L, 3, who, "the owner's text");
    struct buf holder = BUF_INIT(64 << 10);
    struct err e;
    int rc = fn(j, name, text, &holder, &e);

    if (rc < 0) {
        buf_release(&holder);
        return vm_raise(L, &e);
    }
    lua_pushboolean(L, rc == 0);
    if (rc == 0)
        return 1;
    holder_push(L, &holder);
    return 2;
}

/// Takes the lock of a run, which dies with the process.
///@param id string
///@param text string  what others see of the holder
///@return boolean
///@return string? holder  text of who has it
static int l_lock_run(lua_State *L)
{
    return lock(L, "lock_run", "the run's id", journal_lock_run);
}

/// Takes the lock of a name.
///@param name string
///@param text string
///@return boolean
///@return string? holder
static int l_lock_name(lua_State *L)
{
    return lock(L, "lock_name", "the lock's name", journal_lock_name);
}

/// Whether nobody is before this journal in the queue for a name: the first call takes a place,
/// held until leave_queue.
///@param name string
///@return boolean
static int l_queue(lua_State *L)
{
    struct journal *j = journal_arg(L, "queue");
    const char *name = journal_text_arg(L, 2, "queue", "the lock's name");
    struct err e;
    int rc = journal_queue(j, name, &e);

    if (rc < 0)
        return vm_raise(L, &e);
    lua_pushboolean(L, rc == 0);
    return 1;
}

/// Gives the place up.
///@param name string
static int l_leave_queue(lua_State *L)
{
    struct journal *j = journal_arg(L, "leave_queue");

    journal_leave_queue(j, journal_text_arg(L, 2, "leave_queue", "the lock's name"));
    return 0;
}

/// Drops the lock of a name.
///@param name string
static int l_unlock_name(lua_State *L)
{
    struct journal *j = journal_arg(L, "unlock_name");

    journal_unlock_name(j, journal_text_arg(L, 2, "unlock_name", "the lock's name"));
    return 0;
}

/// Drops all locks.
static int l_unlock(lua_State *L)
{
    journal_unlock(journal_arg(L, "unlock"));
    return 0;
}

/// The live process that holds a run.
///@param id string
///@return string? text
static int l_holder(lua_State *L)
{
    struct journal *j = journal_arg(L, "holder");
    const char *id = journal_text_arg(L, 2, "holder", "the run's id");
    struct buf holder = BUF_INIT(64 << 10);
    struct err e;
    int rc = journal_holder(j, id, &holder, &e);

    if (rc == 1) {
        holder_push(L, &holder);
        return 1;
    }
    buf_release(&holder);
    if (rc < 0)
        return vm_raise(L, &e);
    lua_pushnil(L);
    return 1;
}

void journal_locks_setup(lua_State *L)
{
    ///@class native.journal.Journal
    static const luaL_Reg methods[] = {
        {"lock_run", l_lock_run},
        {"lock_name", l_lock_name},
        {"queue", l_queue},
        {"leave_queue", l_leave_queue},
        {"unlock_name", l_unlock_name},
        {"unlock", l_unlock},
        {"holder", l_holder},
        {NULL, NULL},
    };

    luaL_getmetatable(L, JOURNAL_TYPE);
    lua_getfield(L, -1, "__index");
    luaL_setfuncs(L, methods, 0);
    lua_pop(L, 2);
}
