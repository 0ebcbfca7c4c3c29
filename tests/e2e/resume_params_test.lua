-- Parameters of a run that is resumed after its script was edited.
local project = require "tests.project"
local t = require "tests.harness"

local source = [[
return runbook {
  params = { tag = param.string { default = "latest" } },
  run = function(p)
    step("wait", function()
      if sh.read { argv = { "cat", "mode" } }.stdout:find "bad" then error { kind = "command", message = "bad" } end
    end)
    step("use", function() sh.run { argv = { "sh", "-c", "echo " .. p.tag .. " >> world" } } end)
  end,
}
]]

local function failed_run(...)
  local p = project.new { book = source }
  t.write_file(p.dir .. "/mode", "bad")
  t.eq((p:run { "run", "book", "--no-ask", ... }), 1)
  t.write_file(p.dir .. "/mode", "good")
  return p
end

t.test("a parameter that was renamed is not dropped without a word; its value can be given anew", function()
  local p = failed_run "tag=v1"
  p:edit("book", (source:gsub("tag = param", "image = param"):gsub("p%.tag", "p.image")))
  local code, _, err = p:run { "resume", "image=v1" }
  t.eq(code, 0, err)
  t.has(err, "does not take tag=v1 any more")
  t.eq(p:lines "world", { "v1" })
end)

t.test("what was given anew holds for the next resume, too", function()
  local p = failed_run()
  t.write_file(p.dir .. "/mode", "bad")
  t.eq((p:run { "resume", "tag=v2", "--no-ask" }), 1)
  t.write_file(p.dir .. "/mode", "good")
  local code, _, err = p:run { "resume" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "v2" })
end)

t.test("a parameter that is false is kept, as any other value: it is no secret", function()
  local p = project.new { book = [[return runbook {
    params = { loud = param.boolean { default = true } },
    run = function(p)
      step("wait", { undo = function() sh.run { argv = { "sh", "-c", "echo back " .. tostring(p.loud) .. " >> world" } } end }, function()
        sh.run { argv = { "sh", "-c", "echo " .. tostring(p.loud) .. " >> world" } }
      end)
      confirm "go on?"
    end }]] }
  t.eq((p:run { "run", "book", "loud=no" }), 3)
  t.has(select(2, p:run { "runs" }), "loud=false")
  t.eq((p:run { "approve", "book" }), 0)
  local code, _, err = p:run { "resume" }
  t.eq(code, 0, err)
  code, _, err = p:run { "rollback", "book" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "false", "back false" })
  t.eq((p:run { "plan", "book", "loud=no", "-o", "plan.json" }), 2)
  code, _, err = p:run { "run", "--plan", "plan.json" }
  t.eq(code, 3, err)
end)

t.test("a required parameter that is new can be given; a wrong word changes nothing", function()
  local p = failed_run()
  p:edit("book", (source:gsub('default = "latest"', "required = true"):gsub("tag", "to")))
  local code, _, err = p:run { "resume" }
  t.eq(code, 2, err)
  code, _, err = p:run { "resume", "other=v3" }
  t.eq(code, 2, err)
  code, _, err = p:run { "resume", "to=v3" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "v3" })
end)

t.test("a parameter that the script assigns to stops the run before anything is done with it, and check names the line", function()
  local p = project.new { book = (source:gsub('    step%("use"', '    p.tag = "other"\n%0')) }
  t.write_file(p.dir .. "/mode", "good")
  local code, out = p:run { "check" }
  t.eq(code, 1)
  t.has(out, "book.lua:7:5: error: the parameter 'tag' is assigned to")
  local _, err
  code, _, err = p:run { "run", "book", "--no-ask", "tag=v1" }
  t.eq(code, 1, err)
  t.has(err, "the script assigns to its parameter tag")
  t.eq(require("native.fs").exists(p.dir .. "/world"), false)
  p:edit("book", source)
  code, _, err = p:run { "resume" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "v1" })
end)

t.test("a run that keeps to a plan keeps its parameters", function()
  local p = project.new { book = source }
  t.write_file(p.dir .. "/mode", "good")
  t.eq((p:run { "plan", "book", "-o", "plan.json" }), 2)
  t.write_file(p.dir .. "/mode", "bad")
  t.eq((p:run { "run", "--plan", "plan.json", "--no-ask" }), 1)
  local code, _, err = p:run { "resume", "tag=v4" }
  t.eq(code, 2, err)
  t.has(err, "which was made for its parameters")
end)

local given = [[
return runbook {
  params = {
    ticket = param.string { required = true }, token = param.secret { required = true }, wait = param.duration { default = "1ms" },
  },
  run = function(p)
    step("use", function() sh.run { argv = { "sh", "-c", 'echo "$TOKEN" >> world' }, env = { TOKEN = p.token } } end)
    step("look", function() return 1 end)
    sleep("settle", p.wait)
    parallel("sides", { [p.ticket] = function() end })
    step("last", function() if not fs.exists "good" then error { kind = "command", message = "bad" } end end)
  end,
}
]]

local tokens = { OLD = "old-token", NEW = "new-token" }

local function stopped()
  local p = project.new { book = given }
  t.eq((p:run({ "run", "book", "ticket=A1", "token=env:OLD", "--no-ask" }, tokens)), 1)
  return p
end

t.test("what is given anew is said, and shown by status and reports; nothing is called edited for it", function()
  local p = stopped()
  local code, _, err = p:run({ "resume", "ticket=B2", "wait=2s", "token=env:NEW", "--no-ask" }, tokens)
  t.eq(code, 1, err)
  t.has(err, "given anew: ticket=B2 (was A1), token=env:NEW (was env:OLD), wait=2s (was 1ms)")
  t.has(err, "settle                                   done, but given other values since")
  t.has(err, "sides                                    done, but given other values since")
  t.lacks(err, "edited since")
  t.has(err, "token is given anew; these were done with the one before, and stay as they are:\n  use\n")
  local status = select(2, p:run { "status" })
  t.has(status, "ticket=B2 token=env:NEW wait=2s")
  t.has(status, "given anew: ticket=B2 (was A1), ")
  t.eq((p:run { "report", "-o", "report.md" }), 0)
  t.has(t.read_file(p.dir .. "/report.md"), "- `ticket` = `B2` (`was A1`)")
  t.eq((p:run { "report", "-o", "report.html" }), 0)
  t.has(t.read_file(p.dir .. "/report.html"), "(was A1)")
  t.has(select(2, p:run { "status", "--json" }), '"was":"A1"')
end)

t.test("a secret that is typed anew is named, and its text is not", function()
  local p = stopped()
  local code, _, err = p:run({ "resume", "token=another-token", "--no-ask" }, tokens)
  t.eq(code, 1, err)
  t.has(err, "token (a secret, given anew)")
  t.has(select(2, p:run { "status" }), "token (a secret, given anew)")
  t.lacks(err .. select(2, p:run { "status" }) .. select(2, p:run { "log" }), "another-token")
end)

t.test("a step whose script was edited is edited still, whatever is given anew", function()
  local p = stopped()
  p:edit("book", (given:gsub("return 1 end", "return 2 end"):gsub("sleep%(\"settle\", p.wait%)", 'sleep("settle", "3ms")')))
  local _, _, err = p:run({ "resume", "ticket=B2", "--no-ask" }, tokens)
  t.has(err, "look                                     done, but edited since")
  t.has(err, "settle                                   done, but edited since")
end)

for what, words in pairs {
  ["no text"] = { "ticket=", "token=env:OLD" }, ["a blank"] = { "ticket= ", "token=env:OLD" },
  ["a secret of no text"] = { "ticket=A1", "token=" }, ["a variable that is empty"] = { "ticket=A1", "token=env:NOTHING" },
} do
  t.test("what is required is not given by " .. what, function()
    local p, env = stopped(), { OLD = "old-token", NOTHING = "" }
    for _, command in ipairs { { "run", "book" }, { "resume" }, { "plan", "book" } } do
      local code, _, err = p:run({ command[1], command[2] or words[1], table.unpack(words, command[2] and 1 or 2) }, env)
      t.eq(code, command[1] == "plan" and 1 or 2, err)
      t.has(err, "is required, and ")
    end
  end)
end

t.test("parameters by which the run would want another lock than it holds are refused", function()
  local p = project.new { book = [[return runbook {
    params = { x = param.string { default = "a" }, y = param.string { default = "c" } }, lock = function(q) return "L" .. q.x end,
    run = function(q) step("s", function() if q.y ~= "d" then error "not yet" end end) end,
  }]] }
  t.eq(p:run { "run", "book" }, 1)
  local code, out, err = p:run { "resume", "book", "x=b" }
  t.eq(code, 2, out .. err)
  t.has(err, 'holds the lock "La", and with these parameters it would want the lock "Lb"')
  t.eq(p:run { "resume", "book", "x=a", "y=d" }, 0)
end)
