--- Notices: what the hooks of almanac.yaml say of a run, to a channel each. One is due in the same commit as what it
--- tells of, and stays so until its channel took it: a journal never says that somebody was told who was not.
local digest = require "native.digest"

local M = {}

---@class almanac.Notice
---@field id string        16 hex digits; the same for the same word about the same run: an idempotency key
---@field hook string      "on_fail"
---@field channel string
---@field text string
---@field time_ms integer  of what it tells
---@field state "due"|"begun"|"failed"|"sent"|"dropped"
---@field why string?      it is not sent

--- Folds one event into the notices of its run, by id and in their order.
---@param notices almanac.Notice[]
---@param event almanac.Event
function M.fold(notices, event)
  local data, state = event.data, event.kind:match "^notice%.(.*)$"
  local known = notices[data.id]
  if state == "due" and not known then
    known = { id = data.id, hook = data.hook, channel = data.channel, text = data.text, time_ms = event.time_ms,
      state = "due" }
    notices[#notices + 1], notices[data.id] = known, known
  elseif known and state ~= "due" then
    known.state, known.why = state, data.message
  end
end

--- Those that nobody was told of yet, oldest first.
---@param notices almanac.Notice[]
---@return almanac.Notice[]
function M.open(notices)
  local open = {}
  for _, notice in ipairs(notices) do
    if notice.state ~= "sent" and notice.state ~= "dropped" then open[#open + 1] = notice end
  end
  return open
end

--- Journals the notices of a hook, with what is recorded next. Once for each occasion.
---@param run almanac.Run
---@param hook string
---@param channels string[]?
---@param occasion integer|string  which time it is
---@param text string
function M.add(run, hook, channels, occasion, text)
  for _, channel in ipairs(channels or {}) do
    local id = digest.sha256(table.concat({ run.id, hook, channel, occasion }, "\n")):sub(1, 16)
    if not run.replay.notices[id] then run:record("notice.due", "", { id = id, hook = hook, channel = channel, text = text }) end
  end
end

return M
