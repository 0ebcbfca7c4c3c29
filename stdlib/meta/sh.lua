---@meta
-- Made by `make docs` from stdlib/public/sh.lua: edit that.

--- Programs of this machine. Commands are lists of words, never a line for a shell, but for sh.bash, which says so.
sh = {}

---@class sh.bash.options
---@field check? string|any[]  a command that exits 0 when there is nothing to do
---@field cwd? string  the directory to run in
---@field env? table  added to the environment; false removes a variable
---@field grace? string|number  between TERM and KILL
---@field idempotent? boolean  running it twice does no harm
---@field max_output? integer  kept of each stream: the first and the last half of them
---@field ok? integer[]  exit codes that are no failure
---@field stdin? string  text on its standard input; without it there is none
---@field timeout? string|number  then TERM, and KILL `grace` later
---@field title? string  for people, in the place of the command

--- Runs a text through `bash -euo pipefail -c`: as sh.run in everything else. An effect.
---
--- Raises: `command`, `timeout` (in doubt), `not_found`.
---
--- ```lua
--- sh.bash("sort heights.txt | uniq > unique.txt", { idempotent = true })
--- ```
---@param text string
---@param options? sh.bash.options
---@return { code: integer?, signal: string?, stdout: string, stderr: string, elapsed: number, truncated: boolean, already_done: boolean? }
---  elapsed in seconds
function sh.bash(text, options) end

--- A command as a line that can be pasted into a shell; long ones are cut. Pure.
---
--- Raises: `usage`.
---
--- ```lua
--- assert(sh.quote { "echo", "two words" } == "echo 'two words'")
--- ```
---@param argv string[]
---@return string
function sh.quote(argv) end

---@class sh.read.options
---@field argv? string|any[]  the program and its arguments; the words themselves say the same
---@field cwd? string  the directory to run in
---@field env? table  added to the environment; false removes a variable
---@field grace? string|number  between TERM and KILL
---@field max_output? integer  kept of each stream: the first and the last half of them
---@field ok? integer[]  exit codes that are no failure
---@field stdin? string  text on its standard input; without it there is none
---@field timeout? string|number  then TERM, and KILL `grace` later

--- Runs a command that only looks: your promise, since nothing can check it. A read: it is run again when the step
--- is, and in a plan.
---
--- Raises: `command` (an exit code that is not in `ok`), `timeout`, `not_found`.
---
--- ```lua
--- local kernel = sh.read("uname", "-r").stdout
--- ```
---@param first string|sh.read.options  its first word, or the command in one table
---@param ... string|integer|sh.read.options  more words; options behind them
---@return { code: integer?, signal: string?, stdout: string, stderr: string, elapsed: number, truncated: boolean }
---  elapsed in seconds
function sh.read(first, ...) end

---@class sh.run.options
---@field argv? string|any[]  the program and its arguments; the words themselves say the same
---@field check? string|any[]  a command that exits 0 when there is nothing to do
---@field cwd? string  the directory to run in
---@field env? table  added to the environment; false removes a variable
---@field grace? string|number  between TERM and KILL
---@field idempotent? boolean  running it twice does no harm
---@field max_output? integer  kept of each stream: the first and the last half of them
---@field ok? integer[]  exit codes that are no failure
---@field stdin? string  text on its standard input; without it there is none
---@field timeout? string|number  then TERM, and KILL `grace` later
---@field title? string  for people, in the place of the command

--- Runs a command that changes something: journalled, never twice. With `check`, a command that exits 0 when
--- there is nothing to do, it is skipped when done already, and a run cut short in it goes on by itself. An effect.
---
--- Raises: `command` (an exit code that is not in `ok`), `timeout` (in doubt), `not_found`.
---
--- ```lua
--- sh.run { "ops/scripts/smoke_devnet.sh", "--strict", timeout = "5m", idempotent = true }
--- ```
---@param first string|sh.run.options  its first word, or the command in one table
---@param ... string|integer|sh.run.options  more words; options behind them
---@return { code: integer?, signal: string?, stdout: string, stderr: string, elapsed: number, truncated: boolean, already_done: boolean? }
---  elapsed in seconds
function sh.run(first, ...) end

--- Where a program is, or nil. A read; under `allow` of a program that may be run, or by a path that may be read.
---
--- Raises: `usage`.
---
--- ```lua
--- if not sh.which "kustomize" then note "kustomize is not installed" end
--- ```
---@param name string
---@return string? path
function sh.which(name) end
