-- The pages of a server.
local pages = require "almanac.serve.pages"
local t = require "tests.harness"

local function found(fields)
  local one = {
    id = "book-20261128-061905-7c1e", runbook = "book", status = "done", started_ms = 1795912000000, duration = 109,
    operator = "root", params = {},
  }
  for name, value in pairs(fields or {}) do one[name] = value end
  return one
end

local function columns(list)
  local out = {}
  for name in pages.runs(list, {}, ""):gmatch "<th>(.-)</th>" do out[#out + 1] = name end
  return table.concat(out, " ")
end

t.test("the list of runs has the columns that say something, and breaks no word that is short", function()
  t.eq(columns { found() }, "run status started took by")
  t.eq(columns { found(), found { environment = "devnet", params = { tag = "v1" }, error = "exit 3", step = "a/b" } },
    "run status started took by environment parameters error")
  t.eq(columns {}, "run status started took by environment parameters error")
  local html = pages.runs({ found { environment = "devnet", error = "exit 3", step = "a/b", status = "undone" } }, {}, "/base")
  t.has(html, 'href="/base/run/book-20261128-061905-7c1e"')
  t.has(html, '<td class="short" data-head="by">root</td>')
  t.has(html, '<td class="short" data-head="took">1m49s</td>')
  t.has(html, '<td class="short" data-head="environment">devnet</td>')
  t.has(html, '<td class="long" data-head="error">a/b: exit 3</td>')
  t.has(html, "td.short{white-space:nowrap}")
end)
