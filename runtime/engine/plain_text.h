/* plain_text: any value as text, without an address. An address differs from process to process,
 * and from command to command: a script that reads one knows who looks at it, and a run that is
 * gone on with computes something else. */
#ifndef ALMANAC_PLAIN_TEXT_H
#define ALMANAC_PLAIN_TEXT_H

#include <lua.h>

/* Pushes it, as luaL_tolstring() does but for what that gives an address of: a table, function,
 * thread or userdata is its type's name, or its __name. */
const char *plain_text_push(lua_State *L, int index);

/* Puts `tostring` of that kind into the globals. */
void plain_text_open_base(lua_State *L);

/* Puts `format` of that kind, which refuses %p, into the table `string` on top of the stack. */
void plain_text_open_string(lua_State *L);

#endif
