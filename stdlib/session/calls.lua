--- Calls: the runs that a run makes of other runbooks (runbook.call). Each has a journal of its own and is gone on with,
--- looked at and taken back as any other; the one that made it goes on with it, and takes it back with itself.
local children = require "almanac.config.children"
local drive = require "almanac.session.drive"
local equipment = require "almanac.session.equipment"
local errors = require "almanac.base.errors"
local execute = require "almanac.run.mode.execute"
local halt = require "almanac.base.halt"
local holder = require "almanac.session.holder"
local interrupt = require "almanac.base.interrupt"
local locks = require "almanac.session.lock"
local origin = require "almanac.session.origin"
local ownership = require "almanac.journal.ownership"
local own_params = require "almanac.run.own_params"
local param = require "almanac.base.param"
local parameters = require "almanac.journal.parameters"
local params = require "almanac.session.params"
local plain = require "almanac.journal.plain"
local reopens = require "almanac.session.reopen"
local runbook = require "almanac.script.runbook"
local runs = require "almanac.journal.run"
local secret = require "almanac.base.secret"
local settings = require "almanac.config.settings"
local standing = require "almanac.run.standing"
local states = require "almanac.journal.state"
local step = require "almanac.run.step"
local store = require "almanac.journal.store"

local M = {}

---@class almanac.SessionCalls : almanac.Calls
---@field chosen table<string, true>  ids of runs to be
---@field session almanac.Session
local Calls = {}
Calls.__index = Calls

--- A session, of which the runs can make runs.
---@param journal table?  nil: they are planned
---@param operator almanac.Operator
---@param options table  of the command line
---@param anew table<string, any>?
---@return almanac.Session
function M.session(journal, operator, options, anew)
  local session = { journal = journal, operator = operator, options = options, anew = anew }
  session.calls = setmetatable({ session = session, chosen = {} }, Calls)
  return session
end

--- Refuses a runbook that would run itself, also through others.
local function check_cycle(caller, book)
  local chain, found, at = { book.name }, false, caller
  while at do
    table.insert(chain, 1, at.meta.runbook)
    found = found or at.meta.script == book.path
    if found then break end
    at = at.caller
  end
  if not found then return end
  errors.raise {
    kind = "refused", message = "a runbook cannot run itself: " .. table.concat(chain, " → "),
    hint = "put what both need into a file of lib/ and require it there",
  }
end

--- The runbook that a run makes a run of; refuses one that would run itself.
---@param caller almanac.Run
---@param called almanac.Called
---@return almanac.Runbook
function M.load(caller, called)
  local book = runbook.load(called.runbook)
  check_cycle(caller, book)
  return book
end

--- Holds what a script hands to a run that it calls to what the script itself may read: it says where a secret is.
local function check_secrets(book, handed)
  params.check_files(book, handed)
  for _, source in ipairs(params.sources(book, handed, "env")) do
    if not children.gets(source.place) then
      errors.raise {
        kind = "refused",
        message = string.format("runbook.call: this runbook may not read the variable %s for %s", source.place, source.name),
        hint = string.format("name it where almanac show prints it: pass_env = { %q }; or hand a param.secret of your own on",
          source.place),
      }
    end
  end
end

--- The parameters of a run that is begun.
local function new_values(self, book, called)
  local given = parameters.over(settings.params[book.name], called.params)
  check_secrets(book, called.params)
  local values = params.resolve(book, given, self.session.operator)
  local journalled = params.journalled(book.params, given, values)
  return values, journalled, params.unkept(given, journalled)
end

--- The parameters of one that is gone on with. The caller has what no journal keeps.
local function old_values(self, book, run, called)
  local wanted, own = params.wanted(book, run), {}
  for name, value in pairs(called.params) do
    if secret.is(value) or wanted[name] and wanted[name].is_unkept then own[name] = value end
  end
  return (params.restore(book, run, self.session.operator, own))
end

local function create(self, frame, called, id, book)
  local journal, values, journalled, unkept = self.session.journal, new_values(self, book, called)
  local lock = locks.of(book.lock, values)
  locks.check_allowed(lock, book.allow)
  local held = frame.run.held:nest(lock, self.session.operator, self.session.options.wait)
  local meta = origin.called(origin.of(book, journalled, lock, self.session.options), frame)
  meta.unkept = unkept
  local run = runs.create(journal, meta, execute, id)
  return run, values, held
end

local function reopen(self, frame, called, id, book)
  local run = runs.load(self.session.journal, id, execute)
  local values = old_values(self, book, run, called)
  return run, values, frame.run.held:nest(reopens.lock_of(run.meta), self.session.operator, self.session.options.wait)
end

local function run_book(self, frame, called, id, book)
  local exists = self.session.journal:run(id) ~= nil
  local run, values, held = (exists and reopen or create)(self, frame, called, id, book)
  holder.own(self.session.journal, id)
  local bound = frame.run.bound
  run.bound = bound and bound:nest(frame.path, book, run.meta.params)
  equipment.give(self.session, run, book, frame)
  local begin = run.replay.status and equipment.go_on or equipment.start
  begin(run)
  held:attach(run)
  local ok, result = errors.try(drive.execute_within, run, frame, function()
    equipment.take_script(run, book)
    return plain.result(own_params.call(run, book.run, values), "the runbook %s", book.name)
  end)
  if ok then return result end
  local fails = not interrupt.of(result) and not halt.is(result)
  if fails and (result.undo or book.on_failure == "undo") then
    result.undo = nil -- it was the part that had to be taken back; what becomes of the whole is said by the whole
    self:undo(frame, id)
  end
  error(result, 0)
end

local function status_of(journal, id)
  return journal:run(id) and states.status(journal, id)
end

function Calls:choose(_, called, earlier)
  local journal = self.session.journal
  if earlier and status_of(journal, earlier) ~= "undone" then return earlier end
  local _, _, short = runbook.find(called.runbook)
  local chosen = self.chosen -- by calls at the same time, which have begun none yet
  local id = runs.new_id(short, function(drawn) return chosen[drawn] or journal:run(drawn) end)
  chosen[id] = true
  return id
end

function Calls:go(frame, called, id)
  local journal = self.session.journal
  local status, outermost = status_of(journal, id), store.words(frame.run:outermost())
  local begun = status and runs.load(journal, id, execute)
  if status == "done" then return begun.replay.result end
  if status == "abandoned" then
    errors.raise {
      kind = "refused", message = id .. " was abandoned", hint = "take the whole run back: almanac rollback " .. outermost,
    }
  end
  if begun and reopens.taken_back(begun) then
    self:undo(frame, id)
    errors.raise { kind = "refused", message = id .. " failed, and is taken back", hint = "make it anew: almanac resume " .. outermost }
  end
  return run_book(self, frame, called, id, M.load(frame.run, called))
end

function Calls:undo(frame, id)
  local journal = self.session.journal
  local status = status_of(journal, id)
  if not status or status == "undone" then return end
  holder.own(journal, id)
  local original = runs.load_to_undo(journal, id, execute)
  local way = require("almanac.session.rollback_script").find(self.session, original)
  local open = ownership.open_rollbacks(journal, id)[1]
  local stopped = open and runs.load(journal, open, execute)
  require("almanac.session.rollback_run").run_within(self.session, original, way, frame, stopped)
end

function Calls:made(id)
  local journal = self.session.journal
  local status = status_of(journal, id)
  local out = { { about = "run " .. id, look = function()
    if status ~= "done" then return string.format("the run %s is %s", id, status or "gone from the journal") end
  end } }
  if not status then return out end
  local run = runs.load(journal, id, execute)
  run.calls = self
  for i, thing in ipairs(standing.made(run)) do
    local look = status ~= "undone" and thing.look
    out[i + 1] = { about = thing.about, made = true, look = look and function()
      local why = look()
      return why and string.format("%s, in %s: %s", thing.path, id, why)
    end or nil }
  end
  return out
end

local function changes_after(effects, from)
  for i = from, #effects do
    if not effects[i].nothing and not effects[i].nested then return true end
  end
  return false
end

function Calls:plan(frame, called)
  local caller = frame.run
  local book = M.load(caller, called)
  local values, journalled = new_values(self, book, called)
  local lock = locks.of(book.lock, values)
  locks.check_allowed(lock, book.allow)
  local run = runs.unrecorded(origin.of(book, journalled, lock, self.session.options), require "almanac.run.mode.plan")
  equipment.give(self.session, run, book, frame)
  run.draft = caller.draft:nest(frame.path, book, run.meta)
  caller.draft.held_by = caller.draft.held_by or locks.held_by(lock)
  local first = #run.draft.effects + 1
  local result = step.within(run, function() return own_params.call(run, book.run, values) end)
  return {
    nested = true, nothing = not changes_after(run.draft.effects, first) or nil, result = result, gives_nothing = result == nil,
    summary = next(journalled) and "a run of its own: " .. parameters.text(journalled, param.durations(book.params)) or "a run of its own",
  }
end

return M
