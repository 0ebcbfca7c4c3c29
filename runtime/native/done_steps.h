/* done_steps: the done steps of a run (journal_done) as a value of Lua.
 *
 *     done:meet(path, name, [digest]) -> nothing, or first in this pass, result, has the digest
 *     done:is_met(path)  done:unmet() -> paths  done:begin_pass()  done:unmeet_below(path)
 *     done:payload(path) done:seq(path) done:count() done:paths() done:forget(path)
 *     done:rename(from, to) the step, and those below it
 */
#ifndef ALMANAC_DONE_STEPS_H
#define ALMANAC_DONE_STEPS_H

#include <lua.h>

#include "journal/journal_done.h"

/* Makes the type known to this state; decodes results with json.decode of native.json. */
void done_steps_setup(lua_State *L);
/* Pushes a value without steps, which owns what it is filled with. */
struct journal_done *done_steps_new(lua_State *L);
/* Pushes the value of a JSON text. */
void done_steps_decode(lua_State *L, const char *text, size_t len);

#endif
