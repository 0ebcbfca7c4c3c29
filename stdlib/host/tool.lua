--- Programs that other modules are made of: git, kubectl, docker. Called without a terminal, a pager or a
--- prompt; what they say when they fail is in the error.
local children = require "almanac.config.children"
local errors = require "almanac.base.errors"
local native = require "native.sh"
local place = require "almanac.host.place"
local reach = require "almanac.run.reach"
local sh = require "almanac.host.sh"

local M = {}

local READ_TIMEOUT = 60 -- seconds
local MAX_OUTPUT = 64 * 1024 * 1024

---@class almanac.Tool
---@field program string             on PATH, or a path
---@field env? table<string, string|false>
---@field takes? string|string[]     of our environment, as of children.kept; nil: by its name
---@field cwd? string
---@field missing string             what to do when it is not there
---@field within? almanac.Target[]    what stands for the program where `allow` is asked; {}: nothing, it reaches nothing
---  that a script chose

local function raise_missing(tool, err)
  errors.raise {
    kind = "not_found", message = string.format("%s cannot be run: %s", tool.program, err.message), hint = tool.missing,
  }
end

--- Words come from the one builder of argument lists alone.
---@param tool almanac.Tool
---@param words almanac.Arguments
local function argv_of(tool, words)
  return { tool.program, table.unpack(words:list()) }
end

--- What a program said, for an error: what it warns of behind what it fails of.
local function said(result)
  local text = result.stderr ~= "" and result.stderr or result.stdout
  local failures, warnings = {}, {}
  for line in text:gmatch "[^\r\n]+" do
    local list = line:find "^#?%s*[Ww]arning: " and warnings or failures
    list[#list + 1] = line
  end
  return table.concat(table.move(warnings, 1, #warnings, #failures + 1, failures), "\n")
end

--- Raises kind "command" with the program's own words.
---@param tool almanac.Tool
---@param words almanac.Arguments
---@param result table
local function fail(tool, words, result)
  local text = said(result)
  errors.raise {
    kind = "command", message = string.format("%s %s: %s", sh.quote(argv_of(tool, words)),
      result.signal and "was ended by SIG" .. result.signal or "exited with code " .. tostring(result.code),
      text ~= "" and text or "it said nothing"),
    argv = argv_of(tool, words), code = result.code, signal = result.signal, stdout = result.stdout,
    stderr = result.stderr ~= "" and text or "",
  }
end

--- Asks `allow` for what stands for the program, or for itself.
local function check_allowed(tool, words, access)
  if not reach.is_asked() then return end
  reach.require(tool.program, access, tool.within or place.program { argv = argv_of(tool, words), cwd = tool.cwd, env = tool.env })
end

--- Runs a program that only looks.
---@param tool almanac.Tool
---@param words almanac.Arguments
---@param options? { ok?: table<integer, boolean>, timeout?: number, stdin?: string }
---@return table result as native.sh gives it
function M.ask(tool, words, options)
  options = options or {}
  check_allowed(tool, words, "read")
  local ok, result = errors.try(native.exec, {
    argv = argv_of(tool, words), cwd = tool.cwd, env = tool.env or {}, who = tool.program, read = true,
    keep_env = children.kept(tool.takes or tool.program),
    stdin = options.stdin, timeout = options.timeout or READ_TIMEOUT, max_output = MAX_OUTPUT,
  })
  if not ok then
    if result.kind == "not_found" then raise_missing(tool, result) end
    error(result, 0)
  end
  if result.truncated then
    errors.raise { kind = "limit", message = sh.quote(argv_of(tool, words)) .. " printed more than 64 MiB" }
  end
  if result.code ~= 0 and not (options.ok or {})[result.code] then fail(tool, words, result) end
  return result
end

--- The text that a program prints, without the newlines at its end.
---@return string
function M.read(tool, words, options)
  return (M.ask(tool, words, options).stdout:gsub("\n+$", ""))
end

--- Runs a program that changes something, in the apply of an effect: its lines go to the step.
---@param tool almanac.Tool
---@param words almanac.Arguments
---@param id string       of the effect
---@param options? { timeout?: number, idempotent?: boolean, stdin?: string }
---@return table result
function M.run(tool, words, id, options)
  options = options or {}
  check_allowed(tool, words, "change")
  local input = { argv = argv_of(tool, words), cwd = tool.cwd, env = tool.env, takes = tool.takes, timeout = options.timeout,
    idempotent = options.idempotent, stdin = options.stdin, within = {} }
  local ok, result = errors.try(sh.run_child, input, id, tool.program)
  if not ok then
    if result.kind == "not_found" then raise_missing(tool, result) end
    error(result, 0)
  end
  if result.code ~= 0 then fail(tool, words, result) end
  return result
end

return M
