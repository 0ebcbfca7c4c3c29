-- A plan file with a good digest, which anybody can compute, and any value in the place of any other: who reads it shows
-- it, or refuses it by the field. And rows of a journal that hold what nobody wrote: they are told, and hide no run.
local errors = require "almanac.base.errors"
local files = require "almanac.run.plan.file"
local fs = require "native.fs"
local json = require "native.json"
local project = require "tests.project"
local render = require "almanac.render.plan"
local sha256 = require("native.digest").sha256
local t = require "tests.harness"

local BOOK = [[
effect.define("my.change", {
  apply = function() end, undo = function() end,
  preview = function()
    return {
      summary = "a change", warnings = { "mind it" }, changes = { { object = "x", action = "change", why = "so", fields = {
        { path = ".a", kind = "changed", old = 1, new = 2, set_by = { "kubectl" } }, { path = ".b", kind = "added", new = "x\ny" },
      } }, { object = "y", action = "reject", why = "no" } }, ground = { { ref = "x", digest = "d" } }, would_fail = "y is refused: no",
      hint = "say yes",
    }
  end,
})
return runbook { params = { n = param.integer { default = 1 } }, run = function()
  step("one", { undo = function() end }, function() effect.perform("my.change", {}) end)
  confirm "go on?"
  step("two", function() fs.write("out", "x") end)
end }
]]

local OTHERS = { "x", -1, 1.5, {}, json.array { 1 }, { a = 1 }, true, json.null }

--- Calls fn with a copy of the value for each of its nodes that is replaced, and the name of the node.
local function each_change(value, fn, rebuild, at)
  rebuild, at = rebuild or function(changed) return changed end, at or ""
  for _, other in ipairs(OTHERS) do fn(rebuild(other), at) end
  if type(value) ~= "table" then return end
  for key, item in pairs(value) do
    local function with(changed)
      local copy = {}
      for k, v in pairs(value) do copy[k] = v end
      copy[key] = changed
      if json.is_array(value) then json.array(copy) end
      return rebuild(copy)
    end
    if type(key) == "string" then fn(with(nil), at .. "." .. key) end
    each_change(item, fn, with, at .. "." .. key)
  end
end

t.test("a plan file of odd form is shown, or refused with the field, by whoever reads it", function()
  local p = project.new { book = BOOK }
  local path = p.dir .. "/plan.json"
  local code, out, err = p:run { "plan", "book", "-o", path }
  t.eq(code, 1, out .. err)
  local whole = json.decode(t.read_file(path)).plan
  local tried, refused = 0, 0
  local function write(plan)
    local text = json.encode(plan, { canonical = true })
    fs.write(path, '{"digest":"' .. sha256(text) .. '","plan":' .. text .. "}\n", { mode = 384 })
  end
  each_change(whole, function(plan, at)
    if type(plan) == "table" and type(plan.sources) == "table" and at:find "^%.sources%." then return end -- paths are names
    write(plan)
    tried = tried + 1
    local ok, why = errors.try(function()
      local read = files.read(path)
      render.text(read, read.counts, read.undo, false)
    end)
    if ok then return end
    refused = refused + 1
    t.eq(why.kind, "refused", at .. ": " .. tostring(why.message))
    t.has(why.message, at == "" and "format" or at:match "^%.format" and "format" or "missing or of another type", at)
  end)
  t.ok(tried > 800 and refused > 500, tried .. " tried, " .. refused .. " refused")
  write(whole)
  t.has(select(2, p:run { "approve", "plan.json" }), "WOULD STOP THE RUN")
  whole.counts.effects = "x"
  write(whole)
  code, out, err = p:run { "approve", "plan.json" }
  t.eq(code, 2)
  t.has(out .. err, ".counts.effects is missing or of another type")
end)

--- Changes the row of a run behind the journal's back, in another process, from what it was at first.
local function change(p, id, sql)
  t.must({ "python3", "-c", [[
import os, sqlite3, sys
path, id, sql = sys.argv[1:]
db = sqlite3.connect(path)
for (name,) in db.execute("select name from sqlite_master where type = 'trigger'").fetchall():
    db.execute("drop trigger " + name)
kept = path + ".kept"
if not os.path.exists(kept):
    open(kept, "w").write("%s\n%d" % db.execute("select meta, created_ms from runs where id = ?", (id,)).fetchone())
meta, created = open(kept).read().split("\n")
db.execute("update runs set meta = ?, created_ms = ? where id = ?", (meta, int(created), id))
db.execute("update runs set " + sql + " where id = ?", (id,))
db.commit()
]], p.dir .. "/.almanac/journal.db", id, sql })
end

t.test("a row of odd form is told by runs, hides no other run, and is refused in words by who reads it", function()
  local p = project.new { book = "return runbook { run = function() step('a', function() return 1 end) end }" }
  for _ = 1, 2 do t.eq((p:run { "run", "book" }), 0) end
  local _, before = p:run { "runs" }
  local newest, other = before:match "^(%S+)[^\n]*\n(%S+)"
  for sql, words in pairs {
    ["meta = 'null'"] = "it holds no object", ["meta = '[]'"] = false, ["meta = '5'"] = "it holds no object",
    ["meta = '{'"] = "JSON", ["meta = x'00ff'"] = "JSON", ["meta = ''"] = "JSON",
    ["meta = json_set(meta, '$.operator', json('{}'))"] = "operator is missing or of another type",
    ["meta = json_set(meta, '$.params', 5)"] = "params is missing or of another type",
    ["meta = json_set(meta, '$.durations', json('[[]]'))"] = "durations.1 is missing or of another type",
    ["meta = json_set(meta, '$.caller', json('{\"run\":{}}'))"] = "caller.",
    ["meta = json_set(meta, '$.host', null)"] = "host is missing or of another type",
    ["created_ms = -99999999999999999"] = "it was made at no time", ["created_ms = 'soon'"] = "it was made at no time",
    ["created_ms = 9e18"] = false, ["created_ms = 0"] = "it was made at no time",
  } do
    change(p, newest, sql)
    local lists = { { "runs" }, { "runs", "--json" } }
    if not sql:find "json_set" and words then -- what is no row is not known to be another's
      lists[3], lists[4] = { "runs", "--status", "failed", "--since", "7d" }, { "runs", "--by", "nobody" }
    end
    for _, list in ipairs(lists) do
      local code, out, err = p:run(list)
      local what = sql .. ": " .. table.concat(list, " ") .. ": " .. out .. err
      t.eq(code, 1, what)
      t.has(out .. err, newest, what)
      if words then t.has(out .. err, words, what) end
      if #list < 3 then t.has(out, other, what) end
      t.lacks(out .. err, "attempt to", what)
    end
    for _, words_of in ipairs { { "report", newest }, { "status", newest }, { "resume", newest } } do
      local code, out, err = p:run(words_of)
      t.ok(code ~= 0, sql .. ": " .. words_of[1] .. ": " .. out .. err)
      t.lacks(out .. err, "attempt to", sql .. ": " .. words_of[1])
      t.lacks(out .. err, "bug", sql .. ": " .. words_of[1])
    end
    local code, out, err = p:run { "status", other }
    t.eq(code, 0, sql .. ": " .. out .. err)
  end
end)
