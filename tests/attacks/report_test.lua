-- What scripts and servers name cannot become markup in any form of a report: not in text, attributes, SVG, Markdown's
-- cells or XML.
local fs = require "native.fs"
local junit = require "almanac.report.junit"
local json = require "native.json"
local json_report = require "almanac.report.json"
local markdown = require "almanac.report.markdown"
local page = require "almanac.report.html.page"
local report_of = require("tests.report_events").report
local t = require "tests.harness"

local HOSTILE = "EVIL<script>alert(1)</script>\"'&]]>--><img src=x onerror=alert(1)>|`` ```\n## EVIL\n\27[31m\0\1\u{202E}\u{FFFE}\xff"
  .. "@EVIL #1 [EVIL](javascript:alert(1)) </style></svg></pre></title><a href=javascript:EVIL> EVIL;}*{display:none}"

--- A run in which everything that somebody can name is hostile.
local function hostile_report()
  local h, name = HOSTILE, HOSTILE:gsub("/", "")
  local time = 1795912000
  local spec = { alpha = 0.05, beta = 0.05, horizon = 60, interval = 1, metrics = { { name = h, kind = "count", bad = 2, tolerated = 1,
    weight = 1, min_requests = 1, queries = { events = { canary = h, baseline = h } } } } }
  local counts = { canary_events = 5, canary_requests = 10, baseline_events = 1, baseline_requests = 10 }
  local events = {
    { "run.start", "", { runbook = h, operator = h, params = { [h] = h, list = { h } } }, 0 },
    { "run.script", "", { sources = { [h] = h .. "\n" .. h } } },
    { "run.plan", "", { digest = h, made_by = h, made_ms = 1795912000000, signatures = json.array {},
      clusters = { { server = h, context = h } }, gates = { { path = name, text = h } },
      effects = { { path = name, ordinal = "0", op = h, title = h, summary = h, digest = h,
        changes = { { object = h, action = h, why = h, fields = { { kind = "changed", path = h, old = h, new = h } } } } } } } },
    { "step.start", name }, { "note", name, { text = h } }, { "output", name, { stream = "stdout", text = h } },
    { "effect.intent", name, { op = h, id = h, ordinal = "0", title = h, input = { [h] = h }, before = h, digest = h } },
    { "effect.outcome", name, { op = h, id = h, ordinal = "0", ok = true, result = h, digest = h } },
    { "gate.start", name, { query = h, op = "<", limit = 5, critical = 9, hold = 10 } },
    { "gate.sample", name, { time = time + 9, value = 3, ok = true } }, { "gate.sample", name, { time = time + 10, error = h } },
    { "canary.start", name, { begin = time * 1000, bounds = {}, spec = spec } },
    { "canary.sample", name, { begin = time * 1000, time = time * 1000 + 1000, values = { [h] = counts } } },
    { "step.retry", name, { attempt = 1, delay = 1, message = h } },
    { "confirm.asked", name, { question = h, script = h, plan = h } },
    { "confirm.answered", name, { question = h, answer = h, by = h, reason = h, at_ms = time * 1000, plan = h } },
    { "step.failed", name, { kind = h, message = h, at = h .. ":1" } },
    { "run.end", "", { status = "failed", error = { kind = h, message = h, hint = h, step = name, at = h .. ":1", stderr = h,
      logs = h } } },
  }
  local meta = { runbook = h, script = h, digest = h, operator = h, host = h, version = h, environment = h, context = h, kubeconfig = h,
    config = h, cwd = h, lock = h }
  local facts = { meta = meta, words = h, row = { id = h, runbook = h, created_ms = time * 1000 }, broken = h, rollbacks = { h } }
  facts.good = report_of(events, facts)
  return report_of(events, facts)
end

-- Every element and attribute that a browser would make of it, one a line; what loads or runs is marked.
local PARSE = [[
import sys, html.parser
known = set("html head meta title style body main header footer nav section h1 h2 h3 p span a code pre table thead tbody tr th td div "
  "dl dt dd ul li details summary input label strong svg defs pattern rect circle path line text".split())
attributes = set("lang charset http-equiv content name class id href width height viewbox patternunits x y x1 x2 y1 y2 cx cy r rx d "
  "role aria-label aria-hidden open type checked for data-events data-head".split())
class P(html.parser.HTMLParser):
  def handle_starttag(self, tag, attrs):
    if tag not in known: print("element", tag)
    for name, value in attrs:
      if name not in attributes: print("attribute", tag, name)
      if name == "href" and not value.startswith("#"): print("link", value)
      if name in ("class", "id", "for") and "EVIL" in value: print("named", name)
  def handle_comment(self, data): print("comment", data)
P().feed(open(sys.argv[1], encoding="utf-8", errors="strict").read())
]]

t.test("HTML: no element, attribute, link or comment comes from a name, and nothing can be loaded or run", function()
  local path = t.tmpdir() .. "/report.html"
  local text = page.render(hostile_report())
  fs.write(path, text)
  t.eq(t.must { "python3", "-c", PARSE, path }, "")
  t.has(text, 'content="default-src &#39;none&#39;; style-src &#39;sha256-')
  local css = text:match "<style>(.-)</style>"
  t.lacks(css, "EVIL")
  t.lacks(css, "url(http")
  t.lacks(text, "\27")
  t.lacks(text, "\0")
  t.lacks(text, "\u{202E}")
end)

t.test("XML: it is well-formed and fits its schema", function()
  local path = t.tmpdir() .. "/report.xml"
  fs.write(path, junit.render(hostile_report()))
  t.must { "xmllint", "--nonet", "--noout", "--schema", "tests/fixtures/report/junit.xsd", path }
end)

--- Markdown without its code: fences first, then spans of each length.
local function without_code(text)
  local out, fence = {}, nil
  for line in text:gmatch "[^\n]*" do
    local ticks = line:match "^(```+)[^`]*$" -- with one behind it the line is text
    if fence then
      if line == fence then fence = nil end
    elseif ticks then
      fence = ticks
    else
      out[#out + 1] = line
    end
  end
  local plain = table.concat(out, "\n")
  local at = 1
  while true do
    local from, to = plain:find("`+", at)
    if not from then return plain end
    local ticks = plain:sub(from, to)
    local closing = to + 1
    repeat
      local a, b = plain:find("`+", closing)
      closing = b and b + 1
      if a and b - a + 1 == #ticks then
        plain = plain:sub(1, from - 1) .. plain:sub(b + 1)
        closing, at = nil, from
      end
    until not closing
    if at ~= from then at = to + 1 end
  end
end

t.test("Markdown: what was named is in code only, one row stays one row, and a pipe is escaped", function()
  local text = markdown.render(hostile_report())
  t.lacks(without_code(text), "EVIL")
  t.lacks(text, "\27")
  for line in text:gmatch "[^\n]+" do
    if line:find "^| " then
      local _, pipes = line:gsub("\\|", ""):gsub("|", "")
      t.ok(pipes >= 4 and pipes <= 6, "a row has its cells: " .. line)
    end
  end
end)

t.test("JSON: it is read back as it was, and is of the documented version", function()
  local report = json.decode(json_report.render(hostile_report()))
  t.eq({ report.format, report.run.status, #report.steps }, { 1, "failed", 1 })
end)

t.test("JSON: what would steer the terminal of who prints the file is spelt, and read back as it was", function()
  local steering = "\u{9b}2K\u{85}\u{202e}\u{2066}\u{200d}\u{fffe}\u{e0041}\127\27[2K"
  local text = json_report.render { title = steering, [steering] = "é ✓ 日本" }
  for _, code in utf8.codes(steering) do
    if code > 126 then t.lacks(text, utf8.char(code), string.format("U+%04X", code)) end
  end
  t.has(text, "é ✓ 日本")
  t.eq(json.decode(text), { title = steering, [steering] = "é ✓ 日本" })
end)
