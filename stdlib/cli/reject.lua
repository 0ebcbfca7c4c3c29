--- almanac reject RUN [STEP]
local answer = require "almanac.cli.answer"

local M = {}

M.usage = [[reject RUN [STEP] [--reason TEXT]

Answers no to the question that a waiting run stopped with; STEP where there are several. The run
fails there when it is resumed, and can be rolled back: almanac rollback RUN
An approval is taken back by it, as long as the run has not gone on.]]

M.options = answer.declared.no

function M.run(words, operator)
  return answer.run("no", "reject", M.usage, words, operator)
end

return M
