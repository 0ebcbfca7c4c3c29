/* Group commit: what the tasks of one turn want durable is committed once, at its end, and each
 * goes on when it is. */
#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>

#include "engine/task.h"
#include "engine/vm.h"
#include "engine/vm_error.h"
#include "engine/vm_type.h"
#include "native/journal_priv.h"

#define PROPOSAL_TYPE "almanac.journal.proposal"

/* Why a commit failed, for all who waited for it. */
struct refusal {
    int refs;
    struct err err;
};

/* An event that a task waits for. Its user value keeps the journal. */
struct proposal {
    struct op op;
    struct journal_handle *handle;
    struct proposal *next;
    uint64_t seq;
    int64_t time_ms;
    bool refused;
    struct refusal *refusal; /* NULL where memory ran out for it */
};

static void refusal_release(struct refusal *refusal)
{
    if (refusal && --refusal->refs == 0)
        free(refusal);
}

static struct refusal *refusal_new(const struct err *e)
{
    struct refusal *refusal = malloc(sizeof *refusal);

    if (refusal) {
        refusal->refs = 1;
        refusal->err = *e;
    }
    return refusal;
}

void journal_commit_proposals(struct journal_handle *handle)
{
    struct proposal *p = handle->first;
    struct refusal *refusal = NULL;
    bool refused;
    struct err e;

    handle->first = NULL;
    handle->last = &handle->first;
    refused = journal_commit(handle->journal, &e) < 0;
    if (refused)
        refusal = refusal_new(&e);
    while (p) {
        struct proposal *next = p->next;

        p->refused = refused;
        p->refusal = refusal;
        if (refusal)
            refusal->refs++;
        op_done(&p->op);
        p = next;
    }
    refusal_release(refusal);
}

static void turn_ended(struct turn_end *end)
{
    journal_commit_proposals(
        (struct journal_handle *)((char *)end - offsetof(struct journal_handle, turn_end)));
}

static int proposal_gc(lua_State *L)
{
    struct proposal *p = lua_touserdata(L, 1);

    op_abandon(&p->op);
    refusal_release(p->refusal);
    p->refusal = NULL;
    return 0;
}

static int proposal_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct proposal *p = luaL_checkudata(L, (int)ctx, PROPOSAL_TYPE);

    (void)status;
    if (p->refused && p->refusal)
        return vm_raise(L, &p->refusal->err);
    if (p->refused)
        return vm_raisef(L, ERR_MEMORY, "cannot record what happened: out of memory");
    lua_pushinteger(L, (lua_Integer)p->seq);
    lua_pushinteger(L, p->time_ms);
    return 2;
}

int journal_propose_and_wait(lua_State *L, struct journal_handle *handle)
{
    size_t len;
    const char *payload = lua_tolstring(L, 5, &len);
    struct proposal *p;
    struct err e;

    lua_settop(L, 5);
    p = lua_newuserdatauv(L, sizeof *p, 1);
    memset(p, 0, sizeof *p);
    /* Cannot be interrupted: it is over at the end of the turn. */
    op_init(&p->op, NULL);
    luaL_setmetatable(L, PROPOSAL_TYPE);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, 6, 1);
    p->handle = handle;
    if (journal_propose(handle->journal, lua_tostring(L, 2), lua_tostring(L, 3), lua_tostring(L, 4),
                        payload, len, &p->seq, &p->time_ms, &e) < 0)
        return vm_raise(L, &e);
    *handle->last = p;
    handle->last = &p->next;
    handle->turn_end.fn = turn_ended;
    sched_at_turn_end(vm_of(L)->sched, &handle->turn_end);
    return op_wait(L, &p->op, 6, proposal_finish);
}

void journal_proposal_setup(lua_State *L)
{
    vm_type_new(L, PROPOSAL_TYPE, proposal_gc, NULL, NULL);
}
