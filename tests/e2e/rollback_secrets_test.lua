-- A rollback is given the secrets that no journal keeps, and no other parameters.
local project = require "tests.project"
local t = require "tests.harness"

local source = [[
return runbook {
  params = { token = param.secret { required = true }, tag = param.string { default = "v1" } },
  run = function(p)
    local function send(what)
      sh.run { argv = { "sh", "-c", 'echo "$WHAT $TOKEN" >> world' }, env = { TOKEN = p.token, WHAT = what .. " " .. p.tag } }
    end
    step("set", { undo = function() send "unset" end }, function() send "set" end)
  end,
}
]]

local function ran()
  local p = project.new { book = source }
  local code, _, err = p:run { "run", "book", "token=first-token", "tag=v2" }
  t.eq(code, 0, err)
  return p, p:newest()
end

t.test("a secret that it lacks is named, with how it is given; given, it is used, and in no journal", function()
  local p, id = ran()
  local code, _, err = p:run { "rollback", id }
  t.eq(code, 2, err)
  t.has(err, "parameter token has to be given again: no journal keeps the text of a secret")
  t.has(err, "almanac rollback " .. id .. " token=…")
  code, _, err = p:run { "rollback", id, "token=second-token" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "set v2 first-token", "unset v2 second-token" })
  t.lacks(err .. select(2, p:run { "log", p:newest() }), "second-token")
end)

t.test("a rollback that was stopped is resumed with it, too", function()
  local p, id = ran()
  t.eq((p:run({ "rollback", id, "token=x-token-x" }, { ALMANAC_FAULT = "journal.append:3:kill" })), -1)
  local rollback = p:newest()
  local code, _, err = p:run { "resume", rollback, "token=third-token" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "set v2 first-token", "unset v2 third-token" })
end)

for what, case in pairs {
  ["a parameter that the run has"] = { "tag=v3", "the run has tag already" },
  ["one that there is none of"] = { "tokn=x", 'has no parameter "tokn"' },
} do
  t.test("refused, and nothing is done: " .. what, function()
    local p, id = ran()
    local code, _, err = p:run { "rollback", id, "token=second-token", case[1] }
    t.eq(code, 2, err)
    t.has(err, case[2])
    t.eq(p:lines "world", { "set v2 first-token" })
  end)
end
