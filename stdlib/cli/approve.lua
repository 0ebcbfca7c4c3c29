--- almanac approve RUN [STEP]
local answer = require "almanac.cli.answer"
local config = require "almanac.config.file"
local errors = require "almanac.base.errors"
local files = require "almanac.run.plan.file"
local options = require "almanac.cli.options"
local plan_signatures = require "almanac.session.plan_signatures"
local plan_use = require "almanac.session.plan_use"
local project = require "almanac.config.project"
local screen = require "almanac.cli.screen"
local terminal = require "almanac.base.terminal"

local M = {}

M.usage = [==[approve RUN [STEP] [--reason TEXT] [--sign[=KEY]]
       approve PLAN.json --sign[=KEY]

Answers yes to the question that a waiting run stopped with; STEP where there are several. The answer
counts for the plan and the script as they are now. The run goes on with: almanac resume RUN
A plan that was saved is shown in full, and signed in its file.
Who cannot reach the journal signs the text of --text: ssh-keygen -Y sign -n almanac -f KEY FILE]==]

M.options = answer.declared.yes

local plan_options = options.join(options.signing, options.common)

--- Whether a plan's file is named: an id of a run has no dot and no slash.
local function is_plan(word) return word ~= nil and word:find "[./]" ~= nil end

local function sign_plan(words, operator)
  local given, rest = options.parse(M.usage, plan_options, words, operator)
  if not given then return 0 end
  if #rest ~= 1 then errors.usage "usage: almanac approve PLAN.json --sign[=KEY]" end
  local path = project.path(rest[1])
  config.load(given)
  local function show(plan)
    operator:result(require("almanac.render.plan").text(plan, plan.counts, plan.undo, screen.color(), true))
    local place = plan_use.place(plan)
    if place[1] then operator:result(terminal.lines(place)) end
  end
  if not given.sign then
    show((files.read(path)))
    errors.raise {
      kind = "refused", message = "a plan is approved by a signature", hint = "almanac approve " .. rest[1] .. " --sign[=KEY]",
    }
  end
  operator:result(terminal.lines(plan_signatures.describe(rest[1], plan_signatures.sign(path, given, show))))
  return 0
end

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  if is_plan(rest[1]) then return sign_plan(words, operator) end
  return answer.run("yes", "approve", M.usage, words, operator)
end

return M
