#include "engine/vm.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <lualib.h>

#include "base/buf.h"
#include "engine/embed.h"
#include "engine/sched.h"
#include "engine/task_internal.h"
#include "net/transfer.h"

#define VM_MEMORY_CAP_DEFAULT ((size_t)512 << 20)
#define VM_SOURCE_MAX ((size_t)16 << 20)
#define VM_ERROR_TYPE "almanac.error"
#define VM_OPENERS "almanac.openers"

/* ---- memory ---- */

/* Outside a task nothing protects us from a failed allocation, so there the cap does not hold. */
static void *vm_alloc(void *ud, void *ptr, size_t osize, size_t nsize)
{
    struct vm *vm = ud;
    void *grown;

    if (!ptr)
        osize = 0;
    if (nsize == 0) {
        free(ptr);
        vm->memory_used -= osize;
        return NULL;
    }
    if (nsize > osize && vm->memory_used + (nsize - osize) > vm->memory_cap && vm->sched &&
        vm->sched->current)
        return NULL;
    grown = realloc(ptr, nsize);
    if (grown)
        vm->memory_used += nsize - osize;
    return grown;
}

static int vm_panic(lua_State *L)
{
    const char *text = luaL_tolstring(L, -1, NULL);

    fprintf(stderr, "almanac: unprotected error: %s\n", text);
    BUG("unprotected error in Lua");
}

/* ---- errors ---- */

struct vm *vm_of(lua_State *L)
{
    return *(struct vm **)lua_getextraspace(L);
}

static const char *vm_script_source(const lua_Debug *ar)
{
    if (ar->currentline < 0 || ar->source[0] != '@')
        return NULL;
    return strncmp(ar->source, "@stdlib/", 8) == 0 ? NULL : ar->source + 1;
}

void vm_push_where(lua_State *L)
{
    lua_Debug ar;

    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        const char *source;

        lua_getinfo(L, "Sl", &ar);
        source = vm_script_source(&ar);
        if (source) {
            lua_pushfstring(L, "%s:%d", source, ar.currentline);
            return;
        }
    }
    lua_pushnil(L);
}

static int error_tostring(lua_State *L)
{
    lua_getfield(L, 1, "message");
    luaL_tolstring(L, -1, NULL);
    return 1;
}

static void vm_new_error(lua_State *L, const char *kind)
{
    lua_createtable(L, 0, 5);
    lua_pushstring(L, kind);
    lua_setfield(L, -2, "kind");
    luaL_setmetatable(L, VM_ERROR_TYPE);
}

void vm_push_error(lua_State *L, const struct err *e)
{
    luaL_checkstack(L, 3, "error");
    vm_new_error(L, err_kind_name(e->kind));
    lua_pushstring(L, e->message);
    lua_setfield(L, -2, "message");
    if (e->hint[0]) {
        lua_pushstring(L, e->hint);
        lua_setfield(L, -2, "hint");
    }
    if (e->os_errno) {
        lua_pushinteger(L, e->os_errno);
        lua_setfield(L, -2, "errno");
    }
    vm_push_where(L);
    lua_setfield(L, -2, "where");
}

int vm_raise(lua_State *L, const struct err *e)
{
    vm_push_error(L, e);
    return lua_error(L);
}

int vm_raisef(lua_State *L, enum err_kind kind, const char *fmt, ...)
{
    struct err e = {.kind = kind};
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(e.message, sizeof e.message, fmt, ap);
    va_end(ap);
    return vm_raise(L, &e);
}

/* "runbooks/rollout.lua:12: attempt to …" → its two parts; Lua puts the place into the text. */
static void vm_set_message(lua_State *L, int error, const char *text)
{
    const char *colon = strchr(text, ':');
    char *end = NULL;

    if (colon && colon[1] >= '0' && colon[1] <= '9' && strtol(colon + 1, &end, 10) > 0 && end &&
        end[0] == ':' && end[1] == ' ') {
        lua_pushlstring(L, text, (size_t)(end - text));
        lua_setfield(L, error, "raised_at");
        text = end + 2;
    }
    lua_pushstring(L, text);
    lua_setfield(L, error, "message");
}

void vm_decorate_error(lua_State *L)
{
    luaL_checkstack(L, 6, "error");
    if (!lua_istable(L, -1)) {
        const char *text = luaL_tolstring(L, -1, NULL);
        int memory = strcmp(text, "not enough memory") == 0;

        vm_new_error(L, memory ? "memory" : "script");
        vm_set_message(L, lua_gettop(L), text);
        lua_replace(L, -3);
        lua_pop(L, 1);
    } else if (!lua_getmetatable(L, -1)) {
        luaL_setmetatable(L, VM_ERROR_TYPE);
    } else {
        lua_pop(L, 1);
    }
    if (lua_getfield(L, -1, "where") == LUA_TNIL) {
        vm_push_where(L);
        lua_setfield(L, -3, "where");
    }
    lua_pop(L, 1);
    if (lua_getfield(L, -1, "traceback") == LUA_TNIL) {
        luaL_traceback(L, L, NULL, 0);
        lua_setfield(L, -3, "traceback");
    }
    lua_pop(L, 1);
}

int vm_traceback(lua_State *L)
{
    lua_settop(L, 1);
    vm_decorate_error(L);
    return 1;
}

static void vm_take_error(lua_State *L, struct err *e)
{
    if (!e)
        return;
    memset(e, 0, sizeof *e);
    e->kind = ERR_INTERNAL;
    if (!lua_istable(L, -1)) {
        snprintf(e->message, sizeof e->message, "%s", luaL_tolstring(L, -1, NULL));
        lua_pop(L, 1);
        return;
    }
    lua_getfield(L, -1, "message");
    snprintf(e->message, sizeof e->message, "%s", luaL_tolstring(L, -1, NULL));
    lua_getfield(L, -3, "hint");
    if (lua_isstring(L, -1))
        snprintf(e->hint, sizeof e->hint, "%s", lua_tostring(L, -1));
    lua_pop(L, 3);
}

int vm_pcall(lua_State *L, int nargs, int nresults, struct err *e)
{
    int handler = lua_gettop(L) - nargs;
    int status;

    lua_pushcfunction(L, vm_traceback);
    lua_insert(L, handler);
    status = lua_pcall(L, nargs, nresults, handler);
    lua_remove(L, handler);
    if (status == LUA_OK)
        return 0;
    vm_take_error(L, e);
    lua_pop(L, 1);
    return -1;
}

/* ---- loading ---- */

static int vm_read_file(const char *path, struct buf *out, struct err *e)
{
    char chunk[8192];
    size_t n;
    FILE *f = fopen(path, "re");

    if (!f)
        return err_set(e, ERR_NOT_FOUND, "cannot open %s", path);
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0) {
        if (buf_add(out, chunk, n) < 0) {
            fclose(f);
            return err_set(e, ERR_LIMIT, "%s is larger than %zu bytes", path, out->max);
        }
    }
    n = (size_t)ferror(f);
    fclose(f);
    return n ? err_set(e, ERR_IO, "cannot read %s", path) : 0;
}

int vm_read_source(lua_State *L, const char *path, struct err *e)
{
    struct vm *vm = vm_of(L);
    const struct embed_file *file;
    struct buf text = BUF_INIT(VM_SOURCE_MAX);
    char full[4096];

    if (vm->stdlib_dir && strncmp(path, "stdlib/", 7) == 0) {
        snprintf(full, sizeof full, "%s/%s", vm->stdlib_dir, path + 7);
        if (vm_read_file(full, &text, e) < 0) {
            buf_release(&text);
            return -1;
        }
        /* An error of Lua's here would leak the text; the cap on memory is not that close. */
        lua_pushlstring(L, buf_str(&text), text.len);
        buf_release(&text);
        return 0;
    }
    file = embed_find(path);
    if (!file)
        return err_set(e, ERR_NOT_FOUND, "no built-in file %s", path);
    lua_pushlstring(L, file->data, file->len);
    return 0;
}

int vm_load_file(lua_State *L, const char *path, struct err *e)
{
    char name[4096];
    const char *text;
    size_t len;

    if (vm_read_source(L, path, e) < 0)
        return -1;
    text = lua_tolstring(L, -1, &len);
    snprintf(name, sizeof name, "@%s", path);
    if (luaL_loadbufferx(L, text, len, name, "t") != LUA_OK) {
        err_set(e, ERR_USAGE, "%s", lua_tostring(L, -1));
        lua_pop(L, 2);
        return -1;
    }
    lua_remove(L, -2);
    return 0;
}

/* Searcher of require: "native.NAME" is a C module, "almanac.a.b" is stdlib/a/b.lua, and for the
 * project's own tests "tests.x" is tests/x.lua on disk. */
static int vm_searcher(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    char path[512];
    struct err e;

    if (strncmp(name, "native.", 7) == 0) {
        lua_getfield(L, LUA_REGISTRYINDEX, VM_OPENERS);
        if (lua_getfield(L, -1, name + 7) == LUA_TFUNCTION)
            return 1;
        lua_pushfstring(L, "no native module '%s'", name + 7);
        return 1;
    }
    luaL_gsub(L, name, ".", "/");
    if (strncmp(name, "almanac.", 8) == 0)
        snprintf(path, sizeof path, "stdlib/%s.lua", lua_tostring(L, -1) + 8);
    else if (strncmp(name, "tests.", 6) == 0)
        snprintf(path, sizeof path, "%s.lua", lua_tostring(L, -1));
    else
        return 0;
    if (strncmp(path, "tests/", 6) == 0) {
        if (luaL_loadfilex(L, path, "t") != LUA_OK)
            return lua_error(L);
        return 1;
    }
    if (vm_load_file(L, path, &e) < 0) {
        if (e.kind == ERR_NOT_FOUND) {
            lua_pushstring(L, e.message);
            return 1;
        }
        return vm_raise(L, &e);
    }
    return 1;
}

void vm_register(lua_State *L, const char *name, lua_CFunction open)
{
    lua_getfield(L, LUA_REGISTRYINDEX, VM_OPENERS);
    lua_pushcfunction(L, open);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

static void vm_open_error_type(lua_State *L)
{
    luaL_newmetatable(L, VM_ERROR_TYPE);
    lua_pushcfunction(L, error_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pop(L, 1);
}

static void vm_open_package(lua_State *L)
{
    luaL_requiref(L, "package", luaopen_package, 1);
    lua_pushnil(L);
    lua_setfield(L, -2, "loadlib");
    lua_pushliteral(L, "");
    lua_setfield(L, -2, "cpath");
    lua_createtable(L, 1, 0);
    lua_pushcfunction(L, vm_searcher);
    lua_rawseti(L, -2, 1);
    lua_setfield(L, -2, "searchers");
    lua_pop(L, 1);
}

static int vm_open(lua_State *L)
{
    static const luaL_Reg libs[] = {
        {LUA_GNAME, luaopen_base},       {LUA_COLIBNAME, luaopen_coroutine},
        {LUA_TABLIBNAME, luaopen_table}, {LUA_STRLIBNAME, luaopen_string},
        {LUA_MATHLIBNAME, luaopen_math}, {LUA_UTF8LIBNAME, luaopen_utf8},
        {LUA_DBLIBNAME, luaopen_debug},  {LUA_OSLIBNAME, luaopen_os},
    };

    for (size_t i = 0; i < sizeof libs / sizeof *libs; i++) {
        luaL_requiref(L, libs[i].name, libs[i].func, 1);
        lua_pop(L, 1);
    }
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, VM_OPENERS);
    vm_open_error_type(L);
    vm_open_package(L);
    vm_register(L, "task", luaopen_task);
    return 0;
}

int vm_init(struct vm *vm, struct loop *loop, size_t memory_cap, struct err *e)
{
    memset(vm, 0, sizeof *vm);
    vm->loop = loop;
    vm->memory_cap = memory_cap ? memory_cap : VM_MEMORY_CAP_DEFAULT;
    vm->sched = sched_new(vm);
    vm->L = lua_newstate(vm_alloc, vm);
    if (!vm->sched || !vm->L) {
        err_set(e, ERR_MEMORY, "out of memory");
        vm_release(vm);
        return -1;
    }
    *(struct vm **)lua_getextraspace(vm->L) = vm;
    lua_atpanic(vm->L, vm_panic);
    lua_pushcfunction(vm->L, vm_open);
    if (vm_pcall(vm->L, 0, 0, e) < 0) {
        vm_release(vm);
        return -1;
    }
    return 0;
}

void vm_release(struct vm *vm)
{
    if (vm->L)
        lua_close(vm->L);
    if (vm->transfers)
        transfers_free(vm->transfers);
    sched_free(vm->sched);
    memset(vm, 0, sizeof *vm);
}

struct transfers *vm_transfers(lua_State *L)
{
    struct vm *vm = vm_of(L);
    struct err e;

    if (!vm->transfers) {
        vm->transfers = transfers_new(vm->loop, &e);
        if (!vm->transfers)
            vm_raise(L, &e);
    }
    return vm->transfers;
}

/* ---- option tables ---- */

static int vm_opt_wrong(lua_State *L, const char *key, const char *who, const char *want)
{
    return vm_raisef(L, ERR_USAGE, "%s: %s must be %s, not %s", who, key, want,
                     luaL_typename(L, -1));
}

const char *vm_opt_string(lua_State *L, int t, const char *key, const char *who, size_t *len,
                          const char *fallback)
{
    const char *text = fallback;

    if (lua_getfield(L, t, key) == LUA_TSTRING) {
        text = lua_tolstring(L, -1, len); /* the table keeps it alive */
    } else if (!lua_isnil(L, -1)) {
        vm_opt_wrong(L, key, who, "a string");
    } else if (len) {
        *len = fallback ? strlen(fallback) : 0;
    }
    lua_pop(L, 1);
    return text;
}

double vm_opt_number(lua_State *L, int t, const char *key, const char *who, double fallback)
{
    double number = fallback;

    if (lua_getfield(L, t, key) == LUA_TNUMBER)
        number = lua_tonumber(L, -1);
    else if (!lua_isnil(L, -1))
        vm_opt_wrong(L, key, who, "a number");
    lua_pop(L, 1);
    return number;
}

lua_Integer vm_opt_integer(lua_State *L, int t, const char *key, const char *who,
                           lua_Integer fallback)
{
    lua_Integer integer = fallback;
    int ok = 1;

    if (lua_getfield(L, t, key) == LUA_TNUMBER)
        integer = lua_tointegerx(L, -1, &ok);
    else if (!lua_isnil(L, -1))
        ok = 0;
    if (!ok)
        vm_opt_wrong(L, key, who, "an integer");
    lua_pop(L, 1);
    return integer;
}

int vm_opt_boolean(lua_State *L, int t, const char *key, const char *who, int fallback)
{
    int value = fallback;

    if (lua_getfield(L, t, key) == LUA_TBOOLEAN)
        value = lua_toboolean(L, -1);
    else if (!lua_isnil(L, -1))
        vm_opt_wrong(L, key, who, "true or false");
    lua_pop(L, 1);
    return value;
}

int vm_opt_table(lua_State *L, int t, const char *key, const char *who)
{
    if (lua_getfield(L, t, key) == LUA_TTABLE)
        return 1;
    if (!lua_isnil(L, -1))
        vm_opt_wrong(L, key, who, "a table");
    lua_pop(L, 1);
    return 0;
}
