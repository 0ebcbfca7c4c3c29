--- almanac approve RUN [STEP]
local answer = require "almanac.cli.answer"
local config = require "almanac.config.file"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local options = require "almanac.cli.options"
local plan_signatures = require "almanac.session.plan_signatures"
local screen = require "almanac.cli.screen"

local M = {}

local usage = [==[approve RUN [STEP] [--reason TEXT] [--sign[=KEY]]
       approve PLAN.json --sign[=KEY]

Answers yes to the question that a waiting run stopped with; STEP where there are several. The answer
counts for the plan and the script as they are now. The run goes on with: almanac resume RUN
A plan that was saved is shown, and signed in its file.
Who cannot reach the journal signs the text of --text: ssh-keygen -Y sign -n almanac -f KEY FILE]==]

local declared = options.join(options.signing, options.common)

--- A plan in a file; an id of a run has no dot and no slash.
local function plan_of(words)
  for _, word in ipairs(words) do
    if not word:find "^%-" then return word:find "[./]" and fs.exists(word) and word or nil end
  end
end

local function sign_plan(words, operator)
  local given, rest = options.parse(usage, declared, words, operator)
  if not given then return 0 end
  if #rest ~= 1 or not given.sign then errors.usage "usage: almanac approve PLAN.json --sign[=KEY]" end
  config.load(given)
  local plan, judgement = plan_signatures.sign(rest[1], given)
  operator:result(require("almanac.render.plan").text(plan, plan.counts, plan.undo, screen.color()))
  operator:result(plan_signatures.describe(rest[1], judgement) .. "\n")
  return 0
end

function M.run(words, operator)
  if plan_of(words) then return sign_plan(words, operator) end
  return answer.run("yes", "approve", usage, words, operator)
end

return M
