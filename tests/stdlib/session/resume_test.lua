-- Resuming: what is said beforehand, what is refused, and what is run, with an operator of the test's own.
local resume = require "almanac.session.resume"
local settings = require "almanac.config.settings"
local start = require "almanac.session.start"
local t = require "tests.harness"
local terminal = require "almanac.base.terminal"

--- Somebody who hears all that is said, and gives these answers.
local function operator(answers)
  local said = {}
  return {
    said = said, begun = false,
    can_be_asked = function() return false end, say = function(_, text) said[#said + 1] = terminal.said(text) end,
    choose = function() return table.remove(answers or {}, 1) end, show = function() end, hide = function() end,
    in_doubt = function() end, text = function() return table.concat(said, "\n") end,
  }
end

local BOOK = [[
return runbook {
  params = { to = param.string { default = "on" } },
  run = function(p)
    step("look", function() return 1 end)
    step("switch", function() fs.write("DIR/world", p.to) end)
    step("check", function() if not fs.exists "DIR/good" then error { kind = "command", message = "not good" } end end)
  end,
}
]]

--- A run that failed at its last step, of a script in a directory of its own.
local function failed()
  local dir = t.tmpdir()
  local place, store = dir .. "/book.lua", settings.store
  settings.store = dir .. "/store"
  t.defer(function() settings.store = store end)
  local project = { dir = dir }
  function project.write(source) t.write_file(place, (source:gsub("DIR", dir))) end
  function project.resume(options, anew, answers)
    local who = operator(answers)
    return resume.run(nil, anew or {}, options or {}, who), who.text()
  end
  project.write(BOOK)
  t.eq(start.run(place, {}, { no_ask = true }, operator()), 1)
  return project
end

t.test("what will be done is said step by step, and what is done is not done again", function()
  local p = failed()
  t.write_file(p.dir .. "/good", "")
  local code, said = p.resume()
  t.eq(code, 0, said)
  for _, line in ipairs { "look  +done, unchanged", "switch  +done, unchanged", "check  +next" } do
    t.ok(said:find(line), line .. "\n" .. said)
  end
  t.raises("refused", resume.run, nil, {}, {}, operator())
end)

t.test("a redo takes back what followed the step, too", function()
  local p = failed()
  t.write_file(p.dir .. "/good", "")
  t.write_file(p.dir .. "/world", "other")
  local code, said = p.resume({ redo = "look", anyway = true })
  t.eq(code, 0, said)
  t.has(said, "to be run again, where the script still gets there:\n  look\n  switch")
  t.eq(t.read_file(p.dir .. "/world"), "on")
  local err = t.raises("refused", function()
    local again = failed()
    return again.resume { redo = "nothing" }
  end)
  t.has(err.message, 'no done step "nothing"')
end)

t.test("what was done is not so any more: somebody says whether to go on", function()
  local p = failed()
  t.must { "rm", p.dir .. "/world" }
  t.write_file(p.dir .. "/good", "")
  local code, said = p.resume()
  t.eq(code, 3, said)
  t.has(said, "what was done is not so any more:\n  ! switch: ")
  t.has(said, "--anyway")
  code, said = p.resume({}, {}, { "no" })
  t.eq(code, 3, said)
  code, said = p.resume({}, {}, { "yes" })
  t.eq(code, 0, said)
  t.eq(t.read_file(p.dir .. "/world"), nil)
end)

t.test("a parameter that the script does not take any more is not dropped without a word", function()
  local p = failed()
  t.write_file(p.dir .. "/good", "")
  p.write((BOOK:gsub("to = param", "where = param"):gsub("p%.to", "p.where")))
  local code, said = p.resume()
  t.eq(code, 0, said)
  t.has(said, "the script does not take to=on any more")
end)

t.test("a run that keeps to no plan is refused where almanac.yaml wants one", function()
  local p = failed()
  local config = p.dir .. "/almanac.yaml"
  t.write_file(config, "approval: { plan_required: true }\n")
  t.defer(function() settings.approval, settings.file = {}, nil end)
  local err = t.raises("refused", p.resume, { config = config })
  t.eq(err.message, config .. " wants every run to keep to a plan, and this one keeps to none")
end)
