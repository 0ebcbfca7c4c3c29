--- checklist: a list to tick, in a step of its own. What can be shown is ticked by its evidence, which is kept;
--- the rest is ticked by a person, whose name is kept.
local confirm = require "almanac.run.confirm"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local step = require "almanac.run.step"

local M = {}

local ITEM = fields.declare("checklist item", {
  text = { "text", required = true, help = "what must be so" },
  evidence = { "function", required = true, help = "looks, and returns what it saw (text or a table), or raises why it is not so" },
})

local ITEMS = { "list", required = true, help = "texts, and tables with an evidence" }

---@class almanac.checklist.Item
---@field text string
---@field name string         of its step
---@field evidence? fun(): any

local function item_of(list, item)
  if type(item) ~= "table" then return { text = item, name = confirm.name_of("checklist", item) } end
  local checked = fields.check(ITEM, item, string.format("checklist %q", list))
  checked.name = confirm.name_of("checklist", checked.text)
  return checked
end

--- All of them, before the first is asked.
local function items_of(name, items)
  items = fields.value(string.format("checklist %q", tostring(name)), "items", ITEMS, items)
  local checked, texts = {}, {}
  for i, item in ipairs(items) do
    checked[i] = item_of(tostring(name), item)
    texts[i] = checked[i].text
  end
  return checked, table.concat(texts, "\n")
end

--- Nothing and `false` prove nothing: a list that was ticked by them would say what nobody saw.
local function check_shown(item, shown)
  if type(shown) == "table" or type(shown) == "string" and shown:find "%S" then return shown end
  errors.raise {
    kind = "evidence", message = string.format("%s: its evidence returned %s", item.text, fields.shown(shown)),
    hint = "an evidence returns what it saw, as text or a table, and raises an error that says why where it is not so",
  }
end

--- What is looked at is a step as any other: resumed, what was seen is not looked at again.
local function show(item)
  local shown = step.run(item.name, { digest = item.text .. "\n" .. step.digest({}, item.evidence) }, function()
    return check_shown(item, item.evidence())
  end)
  return { text = item.text, evidence = shown }
end

local function ask(item)
  local answer = confirm.confirm(item.text)
  return { text = item.text, by = answer.by, at_ms = answer.at_ms }
end

--- The items as a plan keeps them: who ticks each.
local function shown_of(checked)
  local out = {}
  for i, item in ipairs(checked) do out[i] = { text = item.text, by = item.evidence and "evidence" or "operator" } end
  return out
end

function M.checklist(name, items)
  local checked, digest = items_of(name, items)
  return step.run(name, { digest = digest }, function()
    local number = step.come_by { kind = "checklist", input = { items = shown_of(checked) } }
    local ticked = {}
    for i, item in ipairs(checked) do ticked[i] = item.evidence and show(item) or ask(item) end
    step.came_by(number)
    return ticked
  end)
end

return M
