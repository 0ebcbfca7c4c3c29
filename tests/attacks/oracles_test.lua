-- Under `allow` a script learns nothing of what is outside: of a thing that is there and one that is not it hears the same.
local fs = require "native.fs"
local project = require "tests.project"
local t = require "tests.harness"

--- Calls of which each is made twice: with THING that is there, and with THING that is not. It is told by its words alone.
local CALLS = {
  [[fs.exists "allowed/link-THING"]], [[fs.stat "allowed/link-THING"]], [[fs.digest "allowed/link-THING"]],
  [[fs.read "allowed/link-THING"]], [[fs.exists "allowed/twice-THING"]], [[fs.exists "allowed/directory/THING"]],
  [[fs.exists "allowed/directory/THING/x"]], [[fs.exists "other/THING"]], [[fs.stat "./other//THING/"]],
  [[fs.exists "allowed/../other/THING"]], [[fs.exists "other/d-THING/../../allowed/a"]],
  [[fs.stat "other/d-THING/../../allowed/a".size]], [[fs.digest "other/d-THING/../../allowed/a"]],
  [[fs.read "other/d-THING/./../../allowed/a"]], [[fs.exists "allowed/directory/d-THING/../../allowed/a"]],
  [[#fs.list "other/THING"]], [[#fs.list "other/THIN[G]*"]], [[#fs.list "allowed/directory/*THING"]],
  [[#fs.list "allowed/link-THING"]], [[#fs.list "other/d-THIN[G]/../../allowed/a"]],
  [[#fs.list "other/d-THING/../../allowed/*"]], [[#fs.list "other/d-THING/.?/../allowed/*"]], [[sh.which "THING-program"]],
  [[sh.which "other/THING"]], [[sh.which "./other/../other/THING"]], [[git.head { dir = "other/d-THING" }.sha]],
  [[git.status { dir = "allowed/directory/d-THING" }]], [[git.head { dir = "other/THING" }.sha]],
  [[kustomize.build "other/d-THING"]], [[kustomize.build "allowed/directory/d-THING"]],
  [[compose.config { dir = "other/d-THING" }]], [[helm.template { chart = "allowed/link-THING", release = "a" }]],
  [[helm.template { chart = "other/d-THING", release = "a" }]],
  [[http.get("http://127.0.0.1:9/", { ca_file = "allowed/link-THING", retry = { times = 1 } })]],
  [[http.get("http://127.0.0.1:9/", { unix_socket = "other/THING", retry = { times = 1 } })]],
  [[os.getenv "THING_VARIABLE"]],
}

local BOOK = [[local function told(ok, is) return tostring(ok) .. " " .. tostring(type(is) == "table" and is.message or is) end
return runbook {
  allow = { fs = { "allowed/**" }, helm = { "a" }, http = { "http://127.0.0.1:9/**" }, shell = { "git" }, read = { git = { "allowed" } } },
  run = function()
    step("x", function()
%s
    end)
  end,
}]]

local function project_with(calls)
  local lines = {}
  for i, call in ipairs(calls) do
    for _, thing in ipairs { "xyes", "xnot" } do
      local named = call:gsub("THIN%[G%]", thing:sub(1, -2) .. "[" .. thing:sub(-1) .. "]"):gsub("THING", thing)
      lines[#lines + 1] = string.format("do local ok, is = pcall(function() return %s end) note('%d %s ' .. told(ok, is)) end",
        named, i, thing)
    end
  end
  local p = project.new { book = BOOK:format(table.concat(lines, "\n")) }
  for _, dir in ipairs { "allowed", "other", "other/d-xyes", "bin" } do fs.mkdir(p.dir .. "/" .. dir) end
  t.write_file(p.dir .. "/allowed/a", "in\n")
  for _, file in ipairs { "other/xyes", "bin/xyes-program" } do t.write_file(p.dir .. "/" .. file, "#!/bin/sh\necho TOLD\n") end
  t.must { "chmod", "755", p.dir .. "/other/xyes", p.dir .. "/bin/xyes-program" }
  for _, program in ipairs { "docker", "helm", "kustomize" } do -- what they would say themselves is not what is looked at
    t.write_file(p.dir .. "/bin/" .. program, "#!/bin/sh\nexit 1\n")
    t.must { "chmod", "755", p.dir .. "/bin/" .. program }
  end
  t.must { "git", "init", "-q", p.dir .. "/other/d-xyes" }
  t.must { "ln", "-s", "../other", p.dir .. "/allowed/directory" }
  for _, thing in ipairs { "xyes", "xnot" } do
    t.must { "ln", "-s", "../other/" .. thing, p.dir .. "/allowed/link-" .. thing }
    t.must { "ln", "-s", "link-" .. thing, p.dir .. "/allowed/twice-" .. thing }
  end
  return p
end

t.test("files, directories, programs, repositories, charts, variables", function()
  local p = project_with(CALLS)
  local code, out, err = p:run({ "run", "book", "--no-ask" },
    { PATH = p.dir .. "/bin:" .. require("native.process").getenv "PATH", xyes_VARIABLE = "TOLD" })
  t.eq(code, 0, out .. err)
  t.lacks(out .. err, "TOLD")
  for i, call in ipairs(CALLS) do
    local function heard(thing)
      local said = (out .. err):match("  " .. i .. " " .. thing .. " ([^\n]*)")
      t.ok(said, call)
      return (said:gsub(thing, "THING"))
    end
    t.eq(heard "xyes", heard "xnot", call)
  end
end)

t.test("what may be looked at is told as it is", function()
  local p = project_with { [[fs.exists "allowed/a"]], [[fs.exists "allowed/b"]], [[sh.which "git" ~= nil]], [[#fs.list "allowed/?"]],
    [[fs.read "allowed/../allowed/a"]], [[fs.exists "allowed/x/../a"]], [[#fs.list "./allowed/../allowed/a"]] }
  local code, out, err = p:run { "run", "book", "--no-ask" }
  t.eq(code, 0, out .. err)
  for i, words in ipairs { "true true", "true false", "true true", "true 1", "true in", "true true", "true 0" } do
    t.has(out .. err, "  " .. i .. " xyes " .. words)
  end
end)
