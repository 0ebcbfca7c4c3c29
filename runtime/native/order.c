/* The order in which a script sees what a table holds. Lua's own goes by the addresses of keys, by
 * a number that each process draws, and by what was there before: a script that reads it knows in
 * which process it is, and a run that is gone on with takes another way. */
#include "native/order.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <lauxlib.h>

#include "base/merge_sort.h"
#include "engine/sched.h"
#include "engine/vm_error.h"

/* Comparisons of keys between two looks at what interrupts the script. */
#define COMPARISONS 65536u

/* Keys of a table that need no memory of their own to be sorted. */
#define FEW 16

/* How kinds of keys follow each other. */
enum rank { RANK_NUMBER, RANK_TEXT, RANK_BOOLEAN, RANK_OBJECT };

struct key {
    enum rank rank;
    union {
        long double number; /* holds every integer, too */
        struct {
            const char *bytes;
            size_t len;
        } text;
    };
};

/* A walk over the keys 1 to `run`, and over the others in their order. */
struct walk {
    lua_Integer run, at;
    size_t rest, passed;
    uint32_t order[]; /* of the others, in the list of keys */
};

/* Where the parts of a walk lie in a closure. */
enum { WALK_STATE = 1, WALK_TABLE, WALK_KEYS };

static struct key key_at(lua_State *L, int index)
{
    struct key key = {.rank = RANK_OBJECT};

    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        key.rank = RANK_NUMBER;
        key.number = lua_isinteger(L, index) ? (long double)lua_tointeger(L, index)
                                             : (long double)lua_tonumber(L, index);
        break;
    case LUA_TSTRING:
        key.rank = RANK_TEXT;
        key.text.bytes = lua_tolstring(L, index, &key.text.len);
        break;
    case LUA_TBOOLEAN:
        key.rank = RANK_BOOLEAN;
        key.number = lua_toboolean(L, index);
        break;
    default:
        break;
    }
    return key;
}

static bool stands_before(const struct key *a, const struct key *b)
{
    size_t both;
    int order;

    if (a->rank != b->rank)
        return a->rank < b->rank;
    if (a->rank == RANK_OBJECT)
        return false;
    if (a->rank != RANK_TEXT)
        return a->number < b->number;
    both = a->text.len < b->text.len ? a->text.len : b->text.len;
    order = memcmp(a->text.bytes, b->text.bytes, both);
    return order < 0 || (order == 0 && a->text.len < b->text.len);
}

static void refuse_objects(lua_State *L)
{
    struct err e;

    err_set(&e, ERR_USAGE,
            "several keys of a table are tables, functions or the like: they have no order that is "
            "the same in each run");
    err_hint(&e, "keep them in a list besides, and go through that");
    vm_raise(L, &e);
}

/* A number that is no greater for a key that stands before: its rank and what fits beside it. Texts
 * that begin alike are told apart by what follows. */
static uint64_t head_of(const struct key *key, size_t alike)
{
    uint64_t head = 0;
    double number;

    if (key->rank == RANK_TEXT) {
        for (size_t i = alike; i < alike + sizeof head; i++)
            head = head << 8 | (i < key->text.len ? (unsigned char)key->text.bytes[i] : 0);
    } else if (key->rank != RANK_OBJECT) {
        number = (double)key->number;
        memcpy(&head, &number, sizeof head);
        head = head >> 63 ? ~head : head | (uint64_t)1 << 63;
    }
    return (uint64_t)key->rank << 62 | head >> 2;
}

/* How many bytes all texts begin with alike. */
static size_t alike_of(const struct key *keys, size_t n)
{
    const struct key *text = NULL;
    size_t alike = 0;

    for (size_t i = 0; i < n; i++) {
        size_t same = 0;

        if (keys[i].rank != RANK_TEXT)
            continue;
        if (!text) {
            text = &keys[i];
            alike = text->text.len;
        }
        while (same < alike && same < keys[i].text.len &&
               keys[i].text.bytes[same] == text->text.bytes[same])
            same++;
        alike = same;
    }
    return alike;
}

struct sorting {
    lua_State *L;
    const struct key *keys;
    unsigned comparisons;
};

static bool key_before(void *arg, const struct merge_item *a, const struct merge_item *b)
{
    struct sorting *sorting = arg;

    if (++sorting->comparisons % COMPARISONS == 0)
        sched_look(sorting->L); /* may raise */
    if (a->head != b->head)
        return a->head < b->head;
    return stands_before(&sorting->keys[a->index], &sorting->keys[b->index]);
}

/* Sorts the walk's order of the keys in the list at an index. */
static void sort_keys(lua_State *L, struct walk *walk, int list, struct key *keys,
                      struct merge_item *items)
{
    struct sorting sorting = {.L = L, .keys = keys};
    size_t objects = 0, alike;

    for (size_t i = 0; i < walk->rest; i++) {
        lua_rawgeti(L, list, (lua_Integer)i + 1);
        keys[i] = key_at(L, -1); /* the list keeps the text */
        objects += keys[i].rank == RANK_OBJECT;
        lua_pop(L, 1);
    }
    if (objects > 1)
        refuse_objects(L);
    alike = alike_of(keys, walk->rest);
    for (size_t i = 0; i < walk->rest; i++)
        items[i] = (struct merge_item){head_of(&keys[i], alike), (uint32_t)i};
    merge_sort(items, items + walk->rest, walk->rest, key_before, &sorting);
    for (size_t i = 0; i < walk->rest; i++)
        walk->order[i] = items[i].index;
}

/* The same, with memory for the sort. */
static void sort_walk(lua_State *L, struct walk *walk, int list)
{
    struct key few_keys[FEW], *keys;
    struct merge_item few_items[2 * FEW], *items;

    if (walk->rest <= FEW) {
        sort_keys(L, walk, list, few_keys, few_items);
        return;
    }
    keys = lua_newuserdatauv(L, walk->rest * sizeof *keys, 0);
    items = lua_newuserdatauv(L, 2 * walk->rest * sizeof *items, 0);
    sort_keys(L, walk, list, keys, items);
    lua_pop(L, 2);
}

/* Pushes the list of keys that are not 1 to run, or nil; returns how many. */
static size_t push_rest(lua_State *L, int table, lua_Integer run)
{
    lua_Integer rest = 0;

    lua_pushnil(L);
    for (lua_pushnil(L); lua_next(L, table);) {
        lua_pop(L, 1);
        if (lua_isinteger(L, -1) && lua_tointeger(L, -1) >= 1 && lua_tointeger(L, -1) <= run)
            continue;
        if (rest == 0) {
            lua_createtable(L, 4, 0);
            lua_replace(L, -3);
        }
        lua_pushvalue(L, -1);
        lua_rawseti(L, -3, ++rest);
    }
    if (rest > UINT32_MAX)
        vm_raisef(L, ERR_USAGE, "a table of %lld keys is too big", (long long)rest);
    return (size_t)rest;
}

/* Pushes a walk over a table, and its list of keys. The run ends at the first number that is
 * missing, wherever the table keeps the others. */
static struct walk *push_walk(lua_State *L, int table)
{
    struct walk *walk;
    lua_Integer run = 0;
    size_t rest;

    luaL_checkstack(L, 8, "pairs");
    while (lua_rawgeti(L, table, run + 1) != LUA_TNIL) {
        lua_pop(L, 1);
        run++;
    }
    lua_pop(L, 1);
    rest = push_rest(L, table, run);
    walk = lua_newuserdatauv(L, sizeof *walk + rest * sizeof *walk->order, 0);
    *walk = (struct walk){.run = run, .rest = rest};
    lua_insert(L, -2);
    if (rest > 0)
        sort_walk(L, walk, lua_gettop(L));
    return walk;
}

/* Pushes the next key and its value, or nil: what was taken out meanwhile is passed over. */
static int step(lua_State *L, struct walk *walk, int table, int keys)
{
    lua_settop(L, 0);
    while (walk->at < walk->run) {
        lua_pushinteger(L, ++walk->at);
        if (lua_rawgeti(L, table, walk->at) != LUA_TNIL)
            return 2;
        lua_settop(L, 0);
    }
    while (walk->passed < walk->rest) {
        lua_rawgeti(L, keys, (lua_Integer)walk->order[walk->passed++] + 1);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, table) != LUA_TNIL)
            return 2;
        lua_settop(L, 0);
    }
    lua_pushnil(L);
    return 1;
}

static int iterate(lua_State *L)
{
    struct walk *walk = lua_touserdata(L, lua_upvalueindex(WALK_STATE));

    if (lua_isnoneornil(L, 2))
        walk->at = 0, walk->passed = 0;
    return step(L, walk, lua_upvalueindex(WALK_TABLE), lua_upvalueindex(WALK_KEYS));
}

static int finish_pairs(lua_State *L, int status, lua_KContext ctx)
{
    (void)L;
    (void)status;
    (void)ctx;
    return 3;
}

/// As Lua's, in this order: 1 to the first number that is missing; other numbers; texts, byte by
/// byte; false, true; one key of another kind. Keys that are added meanwhile are not come by.
///
/// Raises: `usage` where several keys are of another kind.
///@param t table
///@return function
///@return table t
///@return nil
static int l_pairs(lua_State *L)
{
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_callk(L, 1, 3, 0, finish_pairs);
        return 3;
    }
    luaL_argexpected(L, lua_istable(L, 1), 1, "table");
    push_walk(L, 1);
    lua_pushvalue(L, 1);
    lua_insert(L, -2);
    lua_pushcclosure(L, iterate, 3);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

/* The first key and its value; the whole table is looked through, but not sorted. */
static int first(lua_State *L)
{
    struct key least, other;
    size_t objects = 0;

    lua_settop(L, 1);
    lua_pushinteger(L, 1);
    if (lua_rawgeti(L, 1, 1) != LUA_TNIL)
        return 2;
    lua_settop(L, 1);
    lua_pushnil(L); /* the least */
    for (lua_pushnil(L); lua_next(L, 1);) {
        lua_pop(L, 1);
        other = key_at(L, -1);
        objects += other.rank == RANK_OBJECT;
        if (lua_isnil(L, 2) || stands_before(&other, &least)) {
            least = other;
            lua_pushvalue(L, -1);
            lua_replace(L, 2);
        }
    }
    if (objects > 1)
        refuse_objects(L);
    if (lua_isnil(L, 2))
        return 1;
    lua_pushvalue(L, 2);
    lua_rawget(L, 1);
    return 2;
}

/* Whether the walk that next() was on stands at the key, which is argument 2. */
static bool stands_at(lua_State *L)
{
    struct walk *walk = lua_touserdata(L, lua_upvalueindex(WALK_STATE));
    bool equal;

    if (!walk || !lua_rawequal(L, 1, lua_upvalueindex(WALK_TABLE)))
        return false;
    if (walk->passed > 0)
        lua_rawgeti(L, lua_upvalueindex(WALK_KEYS), (lua_Integer)walk->order[walk->passed - 1] + 1);
    else
        lua_pushinteger(L, walk->at);
    equal = lua_rawequal(L, 2, -1);
    lua_pop(L, 1);
    return equal;
}

/* A new walk of next(), which stands at the key, or where it would stand. */
static void seek(lua_State *L)
{
    struct walk *walk = push_walk(L, 1);
    struct key key = key_at(L, 2), other;
    lua_Integer number = lua_isinteger(L, 2) ? lua_tointeger(L, 2) : 0;

    if (number >= 1 && number <= walk->run) {
        walk->at = number;
    } else {
        for (walk->at = walk->run; walk->passed < walk->rest; walk->passed++) {
            lua_rawgeti(L, -1, (lua_Integer)walk->order[walk->passed] + 1);
            other = key_at(L, -1);
            lua_pop(L, 1);
            if (stands_before(&key, &other))
                break;
        }
    }
    lua_replace(L, lua_upvalueindex(WALK_KEYS));
    lua_replace(L, lua_upvalueindex(WALK_STATE));
    lua_pushvalue(L, 1);
    lua_replace(L, lua_upvalueindex(WALK_TABLE));
}

/// As Lua's, in the order of pairs. It keeps the walk that it is on, so that the next step of it
/// need not look through the table again.
///
/// Raises: `usage` where several keys are tables, functions or the like.
///@param t table
///@param key any
///@return any key
///@return any value
static int l_next(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    if (lua_isnil(L, 2))
        return first(L);
    if (!stands_at(L))
        seek(L);
    return step(L, lua_touserdata(L, lua_upvalueindex(WALK_STATE)), lua_upvalueindex(WALK_TABLE),
                lua_upvalueindex(WALK_KEYS));
}

/* Whether one value of the list at 3 stands before another: what the function at 2 says. */
static bool value_before(void *arg, const struct merge_item *a, const struct merge_item *b)
{
    lua_State *L = arg;
    bool before;

    lua_pushvalue(L, 2);
    lua_rawgeti(L, 3, (lua_Integer)a->index + 1);
    lua_rawgeti(L, 3, (lua_Integer)b->index + 1);
    lua_call(L, 2, 1);
    before = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return before;
}

/// Sorts a list where it stands. Equal values keep their order: Lua's own sort draws which value it
/// compares with from the clock. When before raises, the list is as it was.
///@param t table
///@param before fun(a: any, b: any): boolean
static int l_sort(lua_State *L)
{
    lua_Unsigned n;
    struct merge_item *items;

    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    n = lua_rawlen(L, 1);
    luaL_argcheck(L, n < INT32_MAX, 1, "array too big");
    if (n < 2)
        return 0;
    lua_createtable(L, (int)n, 0);
    items = lua_newuserdatauv(L, 2 * n * sizeof *items, 0);
    for (lua_Unsigned i = 0; i < n; i++) {
        items[i] = (struct merge_item){.index = (uint32_t)i};
        lua_rawgeti(L, 1, (lua_Integer)i + 1);
        lua_rawseti(L, 3, (lua_Integer)i + 1);
    }
    merge_sort(items, items + n, n, value_before, L);
    for (lua_Unsigned i = 0; i < n; i++) {
        lua_rawgeti(L, 3, (lua_Integer)items[i].index + 1);
        lua_rawseti(L, 1, (lua_Integer)i + 1);
    }
    return 0;
}

/// The order of what a table holds, the same in every process: what scripts see in the place of
/// Lua's.
int luaopen_native_order(lua_State *L)
{
    static const luaL_Reg functions[] = {{"pairs", l_pairs}, {"sort", l_sort}, {NULL, NULL}};

    luaL_newlib(L, functions);
    for (int i = WALK_STATE; i <= WALK_KEYS; i++)
        lua_pushnil(L);
    lua_pushcclosure(L, l_next, 3);
    lua_setfield(L, -2, "next");
    return 1;
}
