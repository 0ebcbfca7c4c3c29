/* native.terminal: the standard streams, whether a person is behind them or not. Scripts never see
 * it.
 *
 *   terminal.isatty(fd);  terminal.size() -> columns, rows; 80, 24 where there is no terminal
 *   terminal.write(fd, text[, mark]) -> true | false, why. Never raises
 *   terminal.spelt(text) -> the text as write() shows it
 *   terminal.erase(fd, lines);  the line of the cursor and so many above are cleared
 *   terminal.redraw(fd, lines, text[, mark]);  draws over what begins so many lines up
 *   terminal.read_line([prompt[, hidden]]) -> a line of standard input without its newline | nil at
 *       the end; waits. Hidden: a terminal does not show it, as it is a secret
 */
#ifndef ALMANAC_NATIVE_TERMINAL_H
#define ALMANAC_NATIVE_TERMINAL_H

#include <lua.h>

int luaopen_native_terminal(lua_State *L);

#endif
