--- The files that a step uses: which of those that its script requires are behind the functions and tables it
--- holds, so that an edit of a library is not passed over in a step whose own source is as it was.
local sha256 = require("native.digest").sha256
local source = require "almanac.base.source"

local M = {}

local DEPTH = 8 -- functions that call functions that call …: so far they are looked into

local function digest_in(kept, path)
  if kept.files then return kept.files[path] end
  local text = kept.sources[path] -- a journal of before has the texts alone
  return text and sha256(text)
end

--- The script that a run was made with when an event was written.
---@param scripts almanac.KeptScript[] oldest first
---@param seq integer of the event
---@return almanac.KeptScript?
function M.script_at(scripts, seq)
  local found
  for _, kept in ipairs(scripts) do
    if not found or (kept.seq or math.huge) < seq then found = kept end
  end
  return found
end

--- The files that are not what they were.
---@param kept almanac.KeptScript
---@param script almanac.Script  today's
---@return table<string, boolean>? paths  nil: none
function M.edited(kept, script)
  local out = {}
  for path, digest in pairs(script.files) do
    local was = path ~= script.path and digest_in(kept, path)
    if was and was ~= digest then out[path] = true end
  end
  return next(out) and out or nil
end

local find_in

local function find_in_upvalues(fn, edited, required, seen, depth)
  local in_script = source.place(fn) ~= nil
  for i = 1, 255 do
    local name, value = debug.getupvalue(fn, i)
    if not name then return nil end
    local found = find_in(value, edited, required, seen, depth)
    if found then return found end
    if not in_script and type(value) == "table" and not required[value] then -- such as the branches of a parallel
      for _, item in next, value do
        found = type(item) == "function" and find_in(item, edited, required, seen, depth)
        if found then return found end
      end
    end
  end
end

function find_in(value, edited, required, seen, depth)
  local kind = type(value)
  if depth == 0 or (kind ~= "function" and kind ~= "table") or seen[value] then return nil end
  seen[value] = true
  local path = required[value]
  if kind == "function" then path = path or source.place(value) end
  if path and edited[path] then return path end
  return kind == "function" and find_in_upvalues(value, edited, required, seen, depth - 1) or nil
end

--- Whether the function's own text requires one of the files.
local function find_in_text(fn, edited)
  for name in (source.text(fn) or ""):gmatch "require%s*%(?%s*[\"']([%w_%.]+)[\"']" do
    local ending = "/" .. name:gsub("%.", "/") .. ".lua"
    for path in pairs(edited) do
      if ("/" .. path):sub(-#ending) == ending then return path end
    end
  end
end

--- One of these files that a step's function uses, however indirectly.
---@param fn function
---@param edited table<string, boolean>
---@param required table<any, string>  path of the file that returned a value
---@return string? path
function M.find(fn, edited, required)
  return find_in(fn, edited, required, {}, DEPTH) or find_in_text(fn, edited)
end

return M
