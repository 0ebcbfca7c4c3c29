--- Telling others, where their being down fails nothing: it is tried again, and what was not told is said.
local devnet = require "lib.devnet"

local telling = {}

local KINDS = { notes = true, channel = true, issues = true, mark = true }

--- What is asked for, as a set.
---@param only string[]
function telling.wanted(only)
  local out = {}
  for _, kind in ipairs(only) do
    if not KINDS[kind] then
      errors.raise { kind = "refused", message = "only: there is no " .. kind, hint = "there are notes, channel, issues and mark" }
    end
    out[kind] = true
  end
  return out
end

--- A step that may fail: tried again, and added to what was missed. A service that was reached finds what it made by
--- the effect's id, so that a second try makes nothing twice.
---@param words string[]  by which announce does it later
local function attempt(c, name, words, missed, fn)
  local patience = { retry = { times = c.tell_tries, delay = c.tell_again, factor = 1, on = { "http", "network", "tls", "timeout" } } }
  local ok, err = errors.try(step, name, patience, fn)
  if ok then return err end
  if err.kind ~= "http" and err.kind ~= "network" and err.kind ~= "tls" and err.kind ~= "timeout" then error(err, 0) end
  missed[#missed + 1] = { what = name .. ": " .. err.message, words = words }
end

--- What became of a message: "told", "missed", or "in doubt".
local function say(channel, text)
  local said = notify.send { channel = channel, text = text, optional = true }
  return said.told and "told" or said.in_doubt and "in doubt" or "missed"
end

--- The summary to the devnet's channel. Nobody can ask Slack whether it was told: what may have been is not said again.
function telling.channel(c, text, missed)
  local became
  for try = 1, c.tell_tries do
    local name = "tell " .. c.channel .. (try > 1 and ", try " .. try or "")
    if try > 1 then sleep("wait before " .. name, c.tell_again) end
    became = step(name, function() return say(c.channel, text) end)
    if became ~= "missed" then break end
  end
  if became == "told" then return end
  missed[#missed + 1] = { what = c.channel .. (became == "missed" and " was not told" or " may not have been told: look there"),
    words = { "only=channel" } }
end

--- An issue for each follow-up.
function telling.issues(c, tag, todos, missed)
  if #todos > 0 and not c.repository then
    missed[#missed + 1] = { what = "open issues: vars.devnet.repository names no repository", words = { "only=issues" } }
    return
  end
  for _, todo in ipairs(todos) do
    attempt(c, "open an issue: " .. todo:gsub("[/#\n]", " "), { "only=issues", "todos=" .. todo }, missed, function()
      return github.issue { repo = c.repository, title = todo, labels = c.follow_up_labels,
        body = string.format("Follows the rollout of `%s` to %s.", tag, devnet.release) }
    end)
  end
end

--- A window on the dashboards: its beginning and its end.
---@param mark { text: string, from: number, to: number?, tags: string[] }
function telling.mark(c, mark, missed)
  attempt(c, "mark the window in Grafana", { "only=mark" }, missed, function()
    local tags = table.move(mark.tags, 1, #mark.tags, 2, { devnet.release })
    return grafana.annotate { text = mark.text, time = mark.from, time_end = mark.to, tags = tags }
  end)
end

return telling
