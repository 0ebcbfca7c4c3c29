--- sh: programs of this machine. Commands are lists of words, never a line for a shell, but for sh.bash,
--- which says so.
local command = require "almanac.host.command"
local impl = require "almanac.host.sh"

local M = {}

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
M.bash = impl.bash

--- A command as a line that can be pasted into a shell; long ones are cut. Pure.
---
--- Raises: `usage`.
---
--- ```lua
--- assert(sh.quote { "echo", "two words" } == "echo 'two words'")
--- ```
---@param argv string[]
---@return string
function M.quote(argv)
  return impl.quote(command.argv("sh.quote", argv))
end

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
M.read = impl.read

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
M.run = impl.run

--- Where a program is, or nil. A read; under `allow` of a program that may be run, or by a path that may be read.
---
--- Raises: `usage`.
---
--- ```lua
--- if not sh.which "kustomize" then note "kustomize is not installed" end
--- ```
---@param name string
---@return string? path
M.which = impl.which

return M
