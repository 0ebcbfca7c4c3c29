---@meta
-- Made by `make docs` from stdlib/public/ask.lua: edit that.

---@class ask.options
---@field choices? string[]  what may be answered, each with a first letter of its own; without them any text may
---@field link? string  where more about it stands: shown beside the question
---@field pattern? string  a Lua pattern that a text must fit

--- Asks the operator, at the terminal or by almanac answer: for one of several words, or, without `choices`, for a text.
--- What was said and by whom is journalled, so nothing secret is asked for: param.secret is for that. A step of its own.
--- A plan does not know the answer. It is input, and no approval: where almanac.yaml has `allowed_signers`, anybody's answer counts
--- all the same (a signed one is replaced by a signed one only). What has to be approved is a `confirm` beside it.
---
--- Raises: `usage`, `waiting` where nobody can be asked: the run stops with exit code 3.
---
--- ```lua
--- local incident = ask("Which incident is this for?", { pattern = "^INC%-%d+$", link = "https://status.example.org" })
--- local way = ask("What now?", { choices = { "wait", "go on" } })
--- if way.answer == "wait" then sleep("the mend of " .. incident.answer, "10m") end
--- ```
---@param question string  any text
---@param options? ask.options
---@return { answer: string, by: string, at_ms: integer }  at_ms in milliseconds since 1970
function ask(question, options) end
