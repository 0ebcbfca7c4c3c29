--- A session: one call of run, resume or rollback, from the script on disk to the exit code.
local ask = require "almanac.run.ask"
local config = require "almanac.config.file"
local definitions = require "almanac.run.definitions"
local diff = require "almanac.base.diff"
local drive = require "almanac.session.drive"
local errors = require "almanac.base.errors"
local json = require "native.json"
local locks = require "almanac.session.lock"
local param = require "almanac.base.param"
local process = require "native.process"
local runbook = require "almanac.script.runbook"
local runs = require "almanac.journal.run"
local redaction = require "almanac.base.redaction"
local secret = require "almanac.base.secret"
local settings = require "almanac.config.settings"
local signals = require "native.signals"
local states = require "almanac.journal.state"
local store = require "almanac.journal.store"
local task = require "native.task"
local terminal = require "native.terminal"
local undo = require "almanac.run.undo"

local M = {}

local function ask_for_param(name, spec)
  if not ask.possible() then return nil end
  local answer = ask.line(string.format("%s%s: ", name, spec.help and " (" .. spec.help .. ")" or ""))
  return answer ~= "" and answer or nil
end

--- What goes into the journal of the parameters: secrets as where they are, never as text.
local function journalled(specs, given, values)
  local out = {}
  for name, value in pairs(values) do
    if specs[name].type == "secret" then
      local raw = given[name]
      out[name] = type(raw) == "string" and raw:find "^%l+:" and raw or nil
    else
      -- One that holds the text of a secret is asked for again, as the secret is.
      local plain = secret.conceal_all(value)
      out[name] = diff.equal(plain, redaction.data(plain)) and plain or nil
    end
  end
  return out
end

local function meta_of(book, journalled_params, lock, options)
  return {
    runbook = book.name, script = book.path, digest = book.script.digest, files = book.script.files,
      params = journalled_params,
    lock = lock and lock.name, lock_seconds = lock and lock.seconds,
    operator = process.user(), host = process.hostname(), cwd = process.cwd(), version = process.version,
    environment = settings.environment, config = settings.file, kubeconfig = settings.kubeconfig,
      context = settings.context,
    helm = settings.helm, choice = config.choice(options),
  }
end

--- What was given, over the defaults: those of almanac.yaml, or of the plan.
local function with_defaults(defaults, given)
  local merged = {}
  for name, value in pairs(defaults) do merged[name] = value end
  for name, value in pairs(given) do merged[name] = value end
  return merged
end

local failure_choices = { "retry", "undo", "stop" }

local function show_undo(undos, left)
  if #undos == 0 then return "there is nothing to undo" end
  local out = { "undo would, newest first:" }
  for _, item in ipairs(undos) do out[#out + 1] = "  ↩ " .. item.what end
  for _, title in ipairs(left) do out[#out + 1] = "  · nothing takes back: " .. title end
  return table.concat(out, "\n")
end

--- The run that takes another one back: a new one, or one that was stopped.
local function open_rollback(journal, original, book, stopped)
  local run = stopped or runs.create(journal, {
    runbook = "rollback-of-" .. book.name, undoes = original.id, script = book.path, params = {}, operator = process.user(),
    host = process.hostname(), version = process.version,
  })
  run.allow, run.definitions = book.allow, book.script.definitions
  drive.own(journal, run.id, drive.owner_text(run.id))
  if stopped then
    run:record("run.resume", "", { operator = process.user() })
  else
    run:record("run.start", "", { runbook = run.meta.runbook, undoes = original.id, operator = process.user() })
  end
  return run
end

--- Takes a run back. The caller owns the run and its lock.
---@return string status of the rollback
local function roll_back(journal, original_id, book, params, options, held, stopped)
  local original = runs.load(journal, original_id, "walk")
  local walk_error = undo.walk(original, book, params)
  if walk_error then error(walk_error, 0) end
  local undos, left = undo.list(original)
  terminal.write(2, show_undo(undos, left) .. "\n")
  if #undos == 0 and not stopped then return "done" end
  local run = open_rollback(journal, original, book, stopped)
  held:attach(run)
  local status, err = drive.execute(run, undo.body(original, undos, run.id), options)
  if status == "done" then original:record("run.end", "", { status = "undone", by = run.id }) end
  drive.conclude(run, status, err)
  return status
end

--- Asks; nil when the answer is a Ctrl-C.
local function choose(question, choices)
  local asker = task.spawn(function() return ask.choose(question, choices) end)
  signals.guard(asker)
  local shield = task.shield "cancel"
  local ok, answer = asker:join()
  task.shield(shield)
  if ok then return answer end
  if not errors.is_interrupt(answer) then error(answer, 0) end
  terminal.write(2, "\n")
  return nil
end

--- Shows the failure and asks; nil when nobody can be asked, or the runbook says stop.
local function after_failure(journal, run, book, params, err)
  if book.on_failure == "undo" then return "undo" end
  if book.on_failure == "stop" or not ask.possible() then return nil end
  terminal.write(2, "✗ " .. errors.format(err) .. "\n")
  local walked = runs.load(journal, run.id, "walk")
  undo.walk(walked, book, params)
  terminal.write(2, show_undo(undo.list(walked)) .. "\n")
  return choose("What now?", failure_choices)
end

--- The plan that the run is bound to, from its journal.
local function plan_of(run)
  local bound
  for _, _, kind, _, payload in run.journal:events(run.id, 0, "run.") do
    if kind == "run.plan" then bound = json.decode(payload) end
    if kind == "run.unbound" then bound = nil end
  end
  return bound
end

--- Runs until done, stopped or undone.
---@return integer exit code
local function drive_to_end(journal, run, book, params, options, held)
  while true do
    held:attach(run)
    run.allow, run.definitions = book.allow, book.script.definitions
    run.bound, run.script = plan_of(run), book.script.digest
    local status, err = drive.execute(run, function() return book.run(params) end, options)
    local choice
    if status == "failed" and not options.no_ask then choice = after_failure(journal, run, book, params, err) end
    if choice == "undo" then
      if not ask.possible() then drive.conclude(run, status, err) end
      local undone = roll_back(journal, run.id, book, params, options, held)
      return undone == "done" and drive.exit.undone or drive.exit[undone] or drive.exit.failed
    elseif choice ~= "retry" then
      drive.conclude(run, status, err)
      return drive.exit[status]
    end
    book = runbook.load(run.meta.script) -- the operator may have edited it meanwhile
    run = runs.load(journal, run.id, "execute")
    run:record("run.resume", "", { operator = process.user(), digest = book.script.digest })
  end
end

--- What undoing the planned run would do, newest first.
local function planned_undos(plan, own)
  local out, claimed = {}, {}
  local function owner_of(path)
    for _, step in ipairs(plan.steps) do
      if step.undo and (path == step.path or path:sub(1, #step.path + 1) == step.path .. "/") then return step end
    end
  end
  for i = #plan.effects, 1, -1 do
    local planned = plan.effects[i]
    local owner, definition = owner_of(planned.path), definitions.find(planned.op, own)
    if planned.nothing then
      claimed[planned.path] = true -- what changes nothing has nothing to take back
    elseif owner and not claimed[owner.path] then
      claimed[owner.path] = true
      out[#out + 1] = string.format("%s: its undo (takes back %s)", owner.path, planned.title)
    elseif not owner and definition and definition.undo then
      out[#out + 1] = planned.path .. ": takes back " .. planned.title
    elseif not owner then
      out[#out + 1] = planned.path .. ": does not take back " .. planned.title
    end
  end
  return out
end

--- almanac plan NAME key=value…: the plan, and nothing done.
---@return table plan
---@return almanac.Runbook book
---@return string[] undos
function M.plan(name, given)
  local book = runbook.load(name)
  given = with_defaults(settings.params[book.name] or {}, given)
  local params = param.resolve(book.name, book.params, given, ask_for_param)
  local lock = locks.of(book.lock, params)
  local meta = meta_of(book, journalled(book.params, given, params), lock, {})
  local run = runs.unrecorded(meta, "plan")
  run.allow, run.definitions = book.allow, book.script.definitions
  run.plan = require("almanac.run.plan").new(book, meta)
  run.plan.held_by = locks.held_by(lock)
  local ok, err = drive.run_body(run, function() return book.run(params) end)
  if not ok then
    if err.kind ~= "unknown_value" then
      run.plan.stopped = errors.is_interrupt(err) and "it was interrupted" or err.message
      err.plan = run.plan
      error(err, 0)
    end
    run.plan.stopped = errors.format(err)
  end
  return run.plan, book, planned_undos(run.plan, run.definitions)
end

--- almanac run NAME key=value…
---@param name string
---@param given table<string, any>
---@param options table  json, plain, no_ask, plan, and those of config.load
---@return integer exit code
function M.run(name, given, options)
  local bound = options.plan and require("almanac.run.plan").from_file(options.plan)
  local book = runbook.load(name or bound.script)
  given = with_defaults(bound and bound.params or settings.params[book.name] or {}, given)
  local params = param.resolve(book.name, book.params, given, ask_for_param)
  if bound then require("almanac.run.plan").check_start(bound, book, journalled(book.params, given, params)) end
  local lock = locks.of(book.lock, params)
  local journal <close> = store.open "create"
  local meta = meta_of(book, journalled(book.params, given, params), lock, options)
  local id = runs.new_id(book.name)
  local held <close> = locks.take(journal, lock, id)
  local run = runs.create(journal, meta, id)
  drive.own(journal, run.id, drive.owner_text(run.id))
  run:record("run.start", "", {
    runbook = book.name, params = meta.params, operator = meta.operator, digest = book.script.digest, pid = process.pid(),
  })
  if bound then run:record("run.plan", "", bound) end
  if not options.json then
    terminal.write(2, string.format("▶ %s  (resume with: almanac resume %s)\n", book.name, store.words(run.id)))
  end
  return drive_to_end(journal, run, book, params, options, held)
end

--- The settings that the run was started with, under those of this command line. Its files (script,
--- chart, values) are named from where it was started.
local function restore_settings(run, options)
  local meta = run.meta
  if meta.cwd and meta.cwd ~= process.cwd() and require("native.fs").exists(meta.cwd) then
    errors.raise {
      kind = "refused", message = string.format("%s was started in %s, where its files are", run.id, meta.cwd),
      hint = string.format("cd %s", meta.cwd),
    }
  end
  config.restore(options, meta.choice or {})
end

--- The lock that a run in the journal was started with.
local function lock_of(meta)
  return meta.lock and { name = meta.lock, seconds = meta.lock_seconds }
end

--- The parameters of a run in the journal; secrets are looked up or asked for again.
local function restore_params(book, meta)
  local given = {}
  for name, value in pairs(meta.params) do
    if book.params[name] then given[name] = value end
  end
  return param.resolve(book.name, book.params, given, ask_for_param)
end

--- The last event of each path: "done" is that of its step.done, "last" that of anything that counts.
local function seqs_by_path(journal, id)
  local done, last = {}, {}
  for seq, _, kind, path in journal:events(id, 0) do
    if kind == "step.done" then done[path] = seq end
    if kind == "step.done" or kind == "effect.intent" then last[path] = seq end
  end
  return done, last
end

--- Makes a done step, and all that followed it, run again. What contains it keeps its own effects.
local function redo(journal, run, path)
  run:flush()
  local done, last = seqs_by_path(journal, run.id)
  if not done[path] then
    errors.raise {
      kind = "refused", message = string.format("--redo: this run has no done step %q", path),
      hint = "almanac status " .. run.id .. " shows its steps; a step inside others is named with theirs: outer/inner",
    }
  end
  for _, other in ipairs(param.sorted_names(last)) do
    local contains = path:sub(1, #other + 1) == other .. "/"
    local inside = other:sub(1, #path + 1) == path .. "/"
    if inside or last[other] >= done[path] then
      run:record("step.redo", other, { operator = process.user(), keep_effects = contains or nil })
    end
  end
end

--- What may stand in the way of going on with a run.
local function check_resumable(journal, run)
  if states.summary(journal, run.id).status == "undone" then
    errors.raise {
      kind = "refused", message = run.id .. " was rolled back",
      hint = "start a new one: almanac run " .. run.meta.runbook,
    }
  end
  for _, event in ipairs(run.history) do
    if event.kind == "step.undone" then
      errors.raise {
        kind = "refused", message = string.format("%s is being rolled back: %q is undone", run.id, event.path),
        hint = "go on with its rollback: almanac resume " .. tostring(json.decode(event.payload).by),
      }
    end
  end
end

--- The newest run that was started after this one and holds the same lock: what it did is what the
--- world looks like now.
local function later_run(journal, run)
  if not run.meta.lock then return nil end
  for _, row in ipairs(journal:runs()) do
    if row.id == run.id then return nil end
    if json.decode(journal:run(row.id).meta).lock == run.meta.lock then return row end
  end
end

--- Nobody who names no run means one that a later run has overtaken; who names it is told.
local function check_overtaken(journal, run, named, command)
  local later = later_run(journal, run)
  if not later then return end
  local message = string.format("%s is not the last run on %s: %s (%s) came after it", run.id, run.meta.lock,
    later.id, states.summary(journal, later.id).status)
  if not named then
    errors.raise {
      kind = "refused", message = message,
      hint = "if it is the one that you mean, name it: almanac " .. command .. " " .. store.words(run.id),
    }
  end
  terminal.write(2, "! " .. message .. "\n")
end

--- almanac resume [RUN]
---@param id string? of the run; nil: the newest that is not done
---@param options table  json, plain, no_ask, redo, yes
---@return integer exit code
function M.resume(id, options)
  local journal <close> = store.open "rw"
  local row = store.find(journal, id, function(row) return M.is_unfinished(journal, row.id) end, "to resume")
  local run = runs.load(journal, row.id, "execute")
  local meta = run.meta
  if meta.undoes then return M.rollback(meta.undoes, options, run) end
  check_overtaken(journal, run, id, "resume")
  restore_settings(run, options)
  local book = runbook.load(meta.script)
  local bound = not options.without_plan and plan_of(run)
  if bound then
    require("almanac.run.plan").check_script(bound, book, "or go on without the plan: almanac resume " .. run.id .. " --without-plan")
  end
  local params = restore_params(book, meta)
  drive.own(journal, run.id, drive.owner_text(run.id))
  local held <close> = locks.take(journal, lock_of(meta), run.id)
  check_resumable(journal, run)
  if options.redo then
    redo(journal, run, options.redo)
    run = runs.load(journal, row.id, "execute")
  end
  local walked = run:as "walk"
  local walk_error = undo.walk(walked, book, params)
  if not options.json then terminal.write(2, require("almanac.run.resume").describe(walked, book) .. "\n") end
  if walk_error then error(walk_error, 0) end
  run:record("run.resume", "", { operator = process.user(), digest = book.script.digest, pid = process.pid() })
  if options.without_plan then run:record("run.unbound", "", { operator = process.user() }) end
  return drive_to_end(journal, run, book, params, options, held)
end

--- True for a run that resume can go on with.
function M.is_unfinished(journal, id)
  local status = states.summary(journal, id).status
  return status ~= "done" and status ~= "undone" and status ~= "running"
end

--- almanac rollback [RUN]
---@param id string? nil: the newest run that is no rollback
---@param options table
---@param stopped almanac.Run? a rollback of it that was stopped, to go on with
---@return integer exit code
function M.rollback(id, options, stopped)
  local journal <close> = store.open "rw"
  local row = store.find(journal, id, function(row) return not row.runbook:find "^rollback%-of%-" end, "to roll back")
  local original = runs.load(journal, row.id, "walk")
  local meta = original.meta
  if meta.undoes then
    errors.raise {
      kind = "refused", message = row.id .. " is itself a rollback, of " .. meta.undoes,
      hint = "almanac resume " .. row.id .. " goes on with it",
    }
  end
  if not stopped then check_overtaken(journal, original, id, "rollback") end
  restore_settings(original, options)
  local book = runbook.load(meta.script)
  local params = restore_params(book, meta)
  drive.own(journal, row.id, drive.owner_text(row.id))
  local held <close> = locks.take(journal, lock_of(meta), row.id)
  return drive.exit[roll_back(journal, row.id, book, params, options, held, stopped)]
end

return M
