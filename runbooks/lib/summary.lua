--- What people are told of a change of the devnet, in Slack's words. Pure.
--- https://api.slack.com/reference/surfaces/formatting
local summary = {}

local NOTES_MAX = 20 -- lines of the release notes; the rest is where they are

--- "2026-11-28 21:00 UTC".
local function minute(seconds) return (timestamp.format(seconds):sub(1, 16):gsub("T", " ")) .. " UTC" end

--- Slack's own signs, as they are written in a text.
local function plain(text) return (tostring(text):gsub("&", "&amp;"):gsub("<", "&lt;"):gsub(">", "&gt;")) end

local function links_line(links)
  if #links == 0 then return nil end
  local out = {}
  for i, link in ipairs(links) do out[i] = string.format("<%s|%s>", link.url, plain(link.name)) end
  return "Dashboards: " .. table.concat(out, ", ")
end

local function history_lines(history)
  local out = { "helm history:", "```" }
  for _, revision in ipairs(history) do
    out[#out + 1] = string.format("%-4d %-20s %-12s %s", revision.revision, plain(revision.updated):sub(1, 19),
      plain(revision.status), plain(revision.description))
  end
  out[#out + 1] = "```"
  return table.concat(out, "\n")
end

---@class devnet.Change   what is announced
---@field name string      of the devnet
---@field tag string
---@field short string     commit
---@field from_tag? string
---@field from number      begin of its window, seconds since 1970
---@field to number
---@field owner string
---@field backout_owner string
---@field knobs string[]   what was changed besides: Θ, Γ, fees
---@field notes string[]   of the release
---@field links { name: string, url: string }[]
---@field history { revision: integer, updated: string, status: string, description: string }[]

--- The message.
---@param change devnet.Change
---@return string
function summary.text(change)
  local lines = {
    string.format("*%s: %s*%s", change.name, change.tag, change.from_tag and " (was " .. change.from_tag .. ")" or ""),
    string.format("Commit `%s`, window %s to %s", change.short, minute(change.from), minute(change.to)),
    string.format("Change owner %s, backout owner %s", plain(change.owner), plain(change.backout_owner)),
    #change.knobs > 0 and "Knobs changed: " .. plain(table.concat(change.knobs, "; ")) or "No knobs were changed",
  }
  if #change.notes > 0 then lines[#lines + 1] = plain(table.concat(change.notes, "\n", 1, math.min(#change.notes, NOTES_MAX))) end
  if #change.notes > NOTES_MAX then lines[#lines + 1] = string.format("… and %d lines more", #change.notes - NOTES_MAX) end
  lines[#lines + 1] = links_line(change.links)
  if #change.history > 0 then lines[#lines + 1] = history_lines(change.history) end
  return table.concat(lines, "\n")
end

return summary
