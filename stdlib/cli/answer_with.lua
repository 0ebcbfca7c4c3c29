--- almanac answer RUN ANSWER [STEP]
local answer = require "almanac.cli.answer"

local M = {}

M.usage = [[answer RUN ANSWER [STEP] [--reason TEXT]

Answers the question that a waiting run stopped with, by one of its words: "go on", "roll back" or "stop" to a
guard, one of its choices or a text to an ask, "yes" or "no" to the others; STEP where there are several questions.
Until it goes on, another answer takes the place of the one before. It goes on with: almanac resume RUN]]

M.options = answer.declared.no

function M.run(words, operator)
  return answer.run(nil, "answer", M.usage, words, operator)
end

return M
