--- almanac reject RUN [STEP]
local answer = require "almanac.cli.answer"

local M = {}

local usage = [[reject RUN [STEP] [--reason TEXT]

Answers no to the question that a waiting run stopped with; STEP where there are several. The run
fails there when it is resumed, and can be rolled back: almanac rollback RUN]]

function M.run(words, operator)
  return answer.run("no", "reject", usage, words, operator)
end

return M
