--- Files: reads inside a step, writes as effects that are whole or not at all.
local digest = require "native.digest"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local fingerprints = require "almanac.journal.fingerprint"
local json = require "native.json"
local label = require "almanac.run.label"
local native = require "native.fs"
local place = require "almanac.host.place"
local reach = require "almanac.run.reach"
local step = require "almanac.run.step"
local unknown = require "almanac.base.unknown"

local M = {}

local TEXT_MAX = 1024 * 1024 -- bytes that fs.write takes: its input is journalled
local UNDO_MAX = 64 * 1024   -- bytes of an old file kept in the intent, so that it can be put back

local READ = fields.declare("fs.read", {
  max_bytes = { "count", unit = "bytes", shown_default = "16 MiB", help = "a larger file is an error" },
}, { at = 2 })

--- Read, write and execute, and nothing that would have a file run as another user.
local function permissions(who, mode)
  if mode < 0 or mode > 0x1FF then
    errors.raise { kind = "usage", message = string.format("%s: mode must be from 0 to 0x1FF (0777), not 0x%X", who, mode) }
  end
  return mode
end

local WRITE = fields.declare("fs.write", {
  mode = {
    "integer", words = "a whole number, such as 0x180 for rw-------", shown_default = "0644 or the file's own",
    help = "permissions of a new file", take = permissions,
  },
}, { at = 3 })

--- Every read of a path begins with it. Of a path with a ".." that is looked at which `allow` was asked about: by the path as
--- it was given the answer would say whether what is before the ".." is there.
---@return string path
local function look(who, path)
  step.require_read(who)
  if not reach.is_asked() or type(path) ~= "string" or path == "" then return path end
  reach.require(who, "read", { place.read(path) })
  return ("/" .. path .. "/"):find("/../", 1, true) and place.resolve(path) or path
end

--- The content of a file.
function M.read(path, options)
  return native.read(look("fs.read", path), fields.check(READ, options))
end

---@param path string
---@return boolean
function M.exists(path)
  return native.exists(look("fs.exists", path))
end

---@param path string
---@return { type: "file"|"directory"|"link"|"other", size: integer, mtime: number, mode: integer }?
function M.stat(path)
  return native.stat(look("fs.stat", path))
end

--- The paths that match a pattern with * ? and [], sorted.
function M.list(pattern)
  step.require_read "fs.list"
  if not reach.is_asked() then return native.list(pattern) end
  local out = json.array {}
  for _, path in ipairs(native.list(pattern)) do
    -- What is found by way of a ".." would say that what is before it is there.
    local is_plain = not ("/" .. path:gsub("^[./]+", "")):find("/../", 1, true)
    if is_plain and #reach.refusals("fs.list", "read", { place.read(path) }) == 0 then out[#out + 1] = path end
  end
  return out
end

--- SHA-256 of a file's content, or nil when there is no such file.
function M.digest(path)
  return native.digest(look("fs.digest", path))
end

local PATH = { "text", required = true, words = "text", help = "relative to where almanac was started" }
local TEXT = { "string", required = true, help = "what the file holds from then on" }

--- An argument of an effect. All that is done to a file rests on it, so a plan must know it.
local function argument_of(who, name, spec, value)
  value = fields.value(who, name, spec, value)
  local open = unknown.first(value)
  if open then unknown.needed(open, who .. " is handed") end
  return value
end

local function path_of(who, raw) return argument_of(who, "path", PATH, raw.path) end

--- What is there: its digest, and its text when it is short enough to be put back.
local function observe_file(input)
  local there = native.stat(input.path)
  if not there then return { exists = false } end
  if there.type == "directory" then return { exists = true, directory = true } end
  local text = there.size <= UNDO_MAX and native.read(input.path) or nil
  return {
    exists = true, digest = text and fingerprints.of_ground(step.current().run, text) or native.digest(input.path),
    size = there.size, mode = there.mode, text = text,
  }
end

--- What stands under a name itself: of a link where it leads, and nothing of what is there.
local function observe_entry(input)
  local leads = native.leads(input.path)
  if leads then return { exists = true, leads = leads, digest = digest.sha256("link to " .. leads) } end
  return observe_file(input)
end

--- Whether what was there had that text.
local function had(before, text)
  if not fingerprints.is_keyed(before.digest) then return before.digest == digest.sha256(text) end
  return before.digest == fingerprints.of_secrets(step.current().run, text)
end

--- Why a file cannot be put back as it was; nil where it can. Its text went through the journal, which has a label in the
--- place of each secret.
local function unkept(_, before)
  if not before.exists or before.directory or before.leads then return nil end
  if not before.text then return string.format("its %d bytes were too many to keep", before.size) end
  return before.digest ~= digest.sha256(before.text) and "it held a secret, which no journal keeps" or nil
end

--- Whether a file is as it was before an effect of the run.
local function is_as_before(path, there, before)
  if not there then return not before.exists end
  if there.type ~= "file" or not before.exists or before.directory then return false end
  if not fingerprints.is_keyed(before.digest) then return native.digest(path) == before.digest end
  return there.size <= UNDO_MAX and had(before, native.read(path))
end

--- Refuses to take back what somebody else has changed since: that would be lost.
---@param text string?  as the effect left it; nil: it left nothing there
local function check_untouched(path, text, before)
  local there = native.stat(path)
  if is_as_before(path, there, before) or text and label.is_in(text) then return end
  if text == nil and not there then return end
  if text and there and there.type == "file" and native.digest(path) == digest.sha256(text) then return end
  errors.raise {
    kind = "refused", message = string.format("%s is not put back: somebody else has %s after the run %s it", path,
      not there and "removed it" or text and "changed it" or "made it anew", text and "wrote" or "removed"),
    hint = "put what is there aside, and take it back again; or leave it as it is: --skip and the step's name",
  }
end

local function put_back(input, _, ctx)
  local before = ctx.undo_to
  check_untouched(input.path, input.text, before)
  local why = unkept(input, before)
  if why then
    errors.raise {
      kind = "refused", message = string.format("%s cannot be put back: %s", input.path, why),
      hint = "restore it from its repository or a backup",
    }
  elseif not before.exists then
    effect.perform("fs.remove", { path = input.path })
  else
    effect.perform("fs.write", { path = input.path, text = before.text, mode = before.mode })
  end
end

--- A plan that changes a file rests on what is in it.
local function ground_of(input, before)
  return { { ref = input.path, digest = before.digest or "absent" } }
end

local function about(input) return "file " .. input.path end

--- What was made is there still; what is in it may be another's to change.
local function is_there(input)
  return { { about = about(input), look = function() return not native.exists(input.path) and input.path .. " is gone" or nil end } }
end

local allow = { category = "fs", of = function(input) return { place.path("fs", input.path) } end }

--- The permissions that a new file is given; one that is there keeps its own.
local function mode_change(input, before)
  if not input.mode or before.exists then return nil end
  return { path = "mode", kind = "added", new = string.format("%04o", input.mode) }
end

effect.define("fs.write", {
  input = function(raw)
    local path = path_of("fs.write", raw)
    local text = argument_of("fs.write", "text", TEXT, raw.text)
    if #text > TEXT_MAX then
      errors.raise {
        kind = "limit",
        message = string.format("fs.write %s: %d bytes; its text is journalled, so 1 MiB is the most", path, #text),
        hint = "let a command write it: sh.run",
      }
    end
    fields.value("fs.write", "mode", WRITE.fields.mode, raw.mode)
    return { path = path, text = text, mode = raw.mode }
  end,
  title = function(input) return string.format("write %s (%d bytes)", input.path, #input.text) end,
  allow = allow,
  observe = observe_file,
  preview = function(input, before)
    if had(before, input.text) then
      return {
        summary = input.path .. " has that content already", nothing = true, ground = ground_of(input, before),
        result = { path = input.path, changed = false },
      }
    end
    local field = {
      path = "content", kind = before.exists and "changed" or "added", old = before.exists and (before.text or "") or nil,
      new = input.text,
    }
    return {
      changes = { {
        action = before.exists and "change" or "create", object = input.path, fields = { field, mode_change(input, before) },
      } },
      ground = ground_of(input, before),
      result = { path = input.path, changed = true },
    }
  end,
  apply = function(input, ctx)
    if ctx.before.directory then
      errors.raise { kind = "io", message = "fs.write: " .. input.path .. " is a directory" }
    end
    local changed = not had(ctx.before, input.text)
    if changed then native.write(input.path, input.text, input.mode and { mode = input.mode }) end
    return { path = input.path, changed = changed }
  end,
  recover = function(input)
    if native.digest(input.path) ~= digest.sha256(input.text) then return "not_done" end
    return "done", { path = input.path, changed = true }
  end,
  holds = is_there,
  undo = put_back,
}, { unkept = unkept })

--- Writes a file: a temporary one beside it, synced and renamed, so that readers and a crash see
--- the old or the new text, never a part.
function M.write(path, text, options)
  return effect.perform("fs.write", { path = path, text = text, mode = fields.check(WRITE, options).mode })
end

effect.define("fs.remove", {
  input = function(raw) return { path = path_of("fs.remove", raw) } end,
  title = function(input) return "remove " .. input.path end,
  allow = { category = "fs", of = function(input) return { place.entry("fs", input.path) } end },
  observe = observe_entry,
  preview = function(input, before)
    if not before.exists then
      return { summary = input.path .. " is not there", nothing = true, result = false, ground = ground_of(input, before) }
    end
    local why = before.leads and "a link to " .. before.leads or nil
    return { changes = { { action = "delete", object = input.path, why = why } }, ground = ground_of(input, before), result = true }
  end,
  apply = function(input) return native.remove(input.path) end,
  recover = function(input)
    if native.leads(input.path) or native.exists(input.path) then return "not_done" end
    return "done", true
  end,
  holds = function(input) return { { about = about(input) } } end,
  undo = function(input, result, ctx)
    if not ctx.undo_to.exists then return end
    if ctx.undo_to.leads then
      effect.perform("fs.link", { path = input.path, leads = ctx.undo_to.leads })
    elseif ctx.undo_to.directory then
      effect.perform("fs.mkdir", { path = input.path })
    else
      put_back(input, result, ctx)
    end
  end,
}, { unkept = unkept })

--- Puts a link back, where nothing is: what takes the removal of one back. No script makes one.
effect.define("fs.link", {
  input = function(raw) return { path = path_of("fs.link", raw), leads = raw.leads } end,
  title = function(input) return string.format("link %s to %s", input.path, input.leads) end,
  allow = { category = "fs", of = function(input) return { place.entry("fs", input.path) } end },
  preview = function(input) return { changes = { { action = "create", object = input.path, why = "a link to " .. input.leads } } } end,
  apply = function(input)
    native.make_link(input.path, input.leads)
    return true
  end,
  recover = function(input)
    if native.leads(input.path) == input.leads then return "done", true end
    return "not_done"
  end,
})

--- Removes a file, or a directory that is empty; of a link itself, and not what it leads to.
function M.remove(path)
  return effect.perform("fs.remove", { path = path })
end

effect.define("fs.mkdir", {
  input = function(raw) return { path = path_of("fs.mkdir", raw) } end,
  title = function(input) return "make directory " .. input.path end,
  allow = allow,
  observe = function(input) return { exists = native.exists(input.path) } end,
  preview = function(input, before)
    if before.exists then
      return { summary = input.path .. " is there", nothing = true, result = input.path,
        ground = { { ref = input.path, object = "there" } } }
    end
    return { changes = { { action = "create", object = input.path } }, result = input.path }
  end,
  apply = function(input)
    native.mkdir(input.path)
    return input.path
  end,
  recover = function() return "again" end, -- making it again is fine
  holds = is_there,
})

--- Makes a directory and its parents; one that is there is fine.
function M.mkdir(path)
  return effect.perform("fs.mkdir", { path = path })
end

return M
