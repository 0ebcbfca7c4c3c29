--- almanac approve RUN [STEP]
local answer = require "almanac.cli.answer"

local M = {}

local usage = [[approve RUN [STEP] [--reason TEXT]

Answers yes to the question that a waiting run stopped with; STEP where there are several. The answer
counts for the plan and the script as they are now. The run goes on with: almanac resume RUN]]

function M.run(words, operator)
  return answer.run("yes", "approve", usage, words, operator)
end

return M
