--- The steps of a report: a line for each, and folded behind it what it said, did and gave. Pure.
local errors = require "almanac.base.errors"
local json = require "native.json"
local markup = require "almanac.report.markup"
local words = require "almanac.report.words"

local join, tag = markup.join, markup.tag

-- Of these there is one for each step at least.
local head, name, aside, body = markup.maker("summary", { "class", "head" }), markup.maker("span", { "class", "name" }),
  markup.maker("span", { "class", "aside" }), markup.maker("div", { "class", "body" })
local dim, pre = markup.maker("span", { "class", "dim" }), markup.maker "pre"

local marks = {} ---@type table<string, almanac.report.Markup>  by status
for status, mark in pairs(words.MARKS) do marks[status] = tag("span", { "class", "mark s-" .. status }, mark) end

local effect_lines = {} ---@type table<string, fun(...: any): almanac.report.Markup>  by class
for _, class in ipairs { "s-done", "s-failed", "s-undone", "s-running" } do effect_lines[class] = markup.maker("p", { "class", class }) end

local M = {}

local VALUE_BYTES = 6000 -- of a value that is shown in full
local ROWS_MAX = 10000   -- steps that are listed although they are done
local DEEPEST = 4        -- indents that the style sheet knows

--- A value in full, or as much as one reads.
local function text_of(value)
  if type(value) == "string" then return words.cut(errors.printable(value), VALUE_BYTES) end
  return words.cut(json.encode(value, { canonical = true, indent = 2 }), VALUE_BYTES)
end

--- The lines around the place where something happened.
---@param excerpt almanac.report.Excerpt?
---@param at string?
---@return any
function M.excerpt(excerpt, at)
  if not excerpt then return at and tag("p", { "class", "dim" }, "at ", tag("code", nil, at)) or nil end
  local lines = {}
  for i, line in ipairs(excerpt.lines) do
    lines[i] = tag("span", { "class", line.here and "src here" or "src" }, tag("span", { "class", "no" }, line.number), line.text)
  end
  return { tag("p", { "class", "dim" }, "at ", tag("code", nil, string.format("%s:%d", excerpt.path, excerpt.line))),
    tag("pre", nil, lines) }
end

---@param effect almanac.report.Effect
---@return string class
function M.effect_class(effect)
  if effect.undone then return "s-undone" end
  local known = { done = "s-done", recovered = "s-done", failed = "s-failed" }
  return known[effect.status] or "s-running"
end

--- What an effect was given, found, gave and failed with, in one block.
local function effect_text(effect)
  local parts = { string.format("effect %s of %s", effect.id, effect.op or "?") }
  if effect.run then parts[2] = "a run of its own: almanac report " .. effect.run end
  local message = effect.error and effect.error.message
  local function add(what, value)
    if value ~= nil then parts[#parts + 1] = what .. ": " .. text_of(value) end
  end
  add("given", effect.input)
  add("there before", effect.before)
  add("gave", effect.result)
  add("failed with", message)
  return table.concat(parts, "\n")
end

local ARROW = markup.raw "→ "

--- Not folded by itself, for the step is: a browser takes long over ten thousand things that fold.
local function effect_body(effect)
  return { effect_lines[M.effect_class(effect)](ARROW, effect.title or effect.op, " ", dim(words.effect(effect))),
    pre(effect_text(effect)) }
end

local function output_of(step)
  if #step.output == 0 then return nil end
  local lines = {}
  for i, line in ipairs(step.output) do lines[i] = errors.printable(line.text) end
  return { tag("p", { "class", "dim" }, step.output_left_off and string.format("output, without the first %s",
    words.plural(step.output_left_off, "line")) or "output"), tag("pre", nil, table.concat(lines, "\n")) }
end

local function notes_of(step)
  if #step.notes == 0 then return nil end
  local out = {}
  for i, note in ipairs(step.notes) do out[i] = tag("li", nil, errors.printable(note)) end
  return tag("ul", { "class", "plain" }, out)
end

local function retries_of(step)
  local out = {}
  for i, retry in ipairs(step.retries) do
    out[i] = tag("p", { "class", "dim" }, string.format("try %d failed at %s: ", i, words.clock(retry.at_ms)),
      words.first_line(retry.message), retry.delay and string.format("; again after %s", words.length(retry.delay)) or "")
  end
  return out
end

local function has_body(step)
  return step.message or #step.notes > 0 or #step.output > 0 or #step.effects > 0 or #step.retries > 0 or step.watch or step.asks
end

--- Steps without a word of their own: their result is what there is, and one of plain yes is nothing to unfold.
local function has_result(step)
  return step.is_leaf and step.result ~= nil and step.result ~= true and not step.watch
end

---@param step almanac.report.Step
---@return any
function M.body(step)
  local effects = {}
  for i, effect in ipairs(step.effects) do effects[i] = effect_body(effect) end
  return join(
    step.message and tag("p", { "class", "message" }, errors.printable(step.message)), step.message and M.excerpt(step.excerpt, step.at),
    step.asks and tag("p", nil, "waits for an answer: ", step.asks), retries_of(step), notes_of(step), effects, output_of(step),
    step.watch and tag("p", nil, tag("a", { "href", (step.is_canary and "#c" or "#g") .. step.watch }, "what it saw")),
    has_result(step) and pre("returned: ", text_of(step.result)))
end

local function aside_of(step)
  local parts = {}
  if step.attempts then parts[#parts + 1] = "try " .. step.attempts end
  if #step.effects > 0 then parts[#parts + 1] = words.plural(#step.effects, "effect") end
  if step.status ~= "done" then parts[#parts + 1] = words.status(step.status) end
  if step.seconds and step.seconds >= 0.001 then parts[#parts + 1] = words.length(step.seconds) end
  return table.concat(parts, " · ")
end

local function head_of(step)
  return marks[step.status] or marks.waiting, name(step.name), aside(aside_of(step))
end

local function row(step, is_open)
  local class = string.format("step d%d f-%s%s", math.min(step.depth, DEEPEST), step.status, step.is_leaf and "" or " holds")
  if not has_body(step) and not has_result(step) then
    return tag("div", { "class", class, "id", "s" .. step.id }, tag("div", { "class", "head" }, head_of(step)))
  end
  return tag("details", { "class", class, "id", "s" .. step.id, "open", is_open }, head(head_of(step)), body(M.body(step)))
end

--- Statuses in the order of their filters.
local STATUSES = { "failed", "asking", "cut", "cancelled", "paused", "running", "retrying", "undone", "waiting", "skipped", "done" }

--- The filters that there is something for, in their order.
---@param report almanac.Report
---@return { id: string, text: string }[]
local function filters_of(report)
  local out = { { id = "all", text = words.plural(report.counts.steps, "step") } }
  for _, status in ipairs(STATUSES) do
    local count = report.counts[status]
    if count then out[#out + 1] = { id = status, text = string.format("%s %d %s", words.MARKS[status], count, words.status(status)) } end
  end
  return out
end

local CHOSEN = "#only-%s:checked~.chips [for=only-%s]{border-color:var(--link);background:var(--bg);box-shadow:inset 0 0 0 1px var(--link)}"
  .. "#only-%s:focus-visible~.chips [for=only-%s]{outline:2px solid var(--link)}"

--- The rules by which a filter hides the others: without a script.
---@return string css
function M.rules()
  local out = { CHOSEN:gsub("%%s", "all") .. "" }
  for _, status in ipairs(STATUSES) do
    out[#out + 1] = string.format("#only-%s:checked~.steps .step:not(.f-%s){display:none}", status, status)
    out[#out + 1] = CHOSEN:gsub("%%s", status) .. ""
  end
  return table.concat(out, "\n")
end

---@param report almanac.Report
---@return almanac.report.Markup
function M.render(report)
  local boxes, labels, rows = {}, {}, {}
  for i, filter in ipairs(filters_of(report)) do
    boxes[i] = tag("input", { "type", "radio", "name", "only", "class", "filter", "id", "only-" .. filter.id, "checked", i == 1,
      "aria-label", filter.text })
    labels[i] = tag("label", { "for", "only-" .. filter.id, "class", "s-" .. filter.id }, filter.text)
  end
  local left_off = 0
  for i, step in ipairs(report.steps) do
    if i <= ROWS_MAX or step.status ~= "done" then rows[#rows + 1] = row(step, step.id == report.failure) else left_off = left_off + 1 end
  end
  return markup.join(boxes, tag("div", { "class", "chips" }, labels), tag("div", { "class", "steps" }, rows),
    left_off > 0 and tag("p", { "class", "dim" }, string.format(
      "%d more steps are done, more than a browser takes: almanac report %s --format json has all of them.", left_off, report.run.words)))
end

return M
