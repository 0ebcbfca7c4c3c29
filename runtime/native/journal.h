/* native.journal, the store of runs and their events for the stdlib. Scripts never
 * see it. See journal/journal.h for what a failed call leaves behind.
 *
 *   j = journal.open { dir = ".almanac", mode = "rw" | "ro" };  j:close()
 *   j:create { id =, runbook =, meta = JSON text }
 *   j:run(id) -> { id, runbook, created_ms, meta } | nil;  j:runs() -> array, the newest first
 *   j:append(run, kind, path, payload JSON text, durable) -> seq, time_ms
 *       In a task a durable one waits for the end of the turn, where what all tasks want durable is
 *       committed once; a commit that fails raises in each of them. Where no other task is ready,
 *       and where the code cannot wait (a script's coroutine, a callback of C), it commits at once.
 *   j:flush([durable = true]) commits at once;  j:pending() -> appends are not on the disk yet
 *   j:syncs() -> how many commits this handle has synced to the disk
 *   j:last_seq(run) -> integer, 0 when there is no event
 *   j:events(run, after_seq = 0) -> iterator: seq, time_ms, kind, path, payload. After its nil it
 *       may be called again and goes on with what was appended meanwhile
 *   j:fold(run, uses) -> { done, begun = { [path] = true }, kept = { { seq, time_ms, kind, path,
 *       payload }… }, last_seq, broken = nil | { seq, why } }
 *       in one pass with verification; nothing behind a broken event is in it. uses says what
 *       becomes of each kind: "keep", "skip", "begun", "done", "forget" (the outcome of its path is
 *       taken away) or "rename" (of a path); a kind that it does not name is kept
 *   done:meet(path, name, [digest]) says whether a pass met the step, and gives its result; is_met,
 *       begin_pass, unmeet_below, unmet, forget, rename, payload, seq, count and paths: see
 *       native/done_steps.c
 *   j:verify(run) -> true | false, seq, why
 *   j:lock_run(id, text), j:lock_name(name, text) -> true | false, text of the holder
 *   j:queue(name) -> whether nobody is before this journal in the queue for the name: the
 *       first call takes a place, which is held until j:leave_queue(name)
 *   j:unlock_name(name), j:unlock() drop one lock and all
 *   j:holder(id) -> text of the live process that holds the run | nil
 */
#ifndef ALMANAC_NATIVE_JOURNAL_H
#define ALMANAC_NATIVE_JOURNAL_H

#include <lua.h>

int luaopen_native_journal(lua_State *L);

#endif
