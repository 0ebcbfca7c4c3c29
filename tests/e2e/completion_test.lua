-- What TAB makes of a word: asked of the program, and typed into the three shells.
local json = require "native.json"
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"
local tmux = require "tests.tmux"

local book = [[return runbook { summary = "Moves", params = {
  place = param.enum { values = { "here", "there" }, help = "where to" }, fast = param.boolean { default = false } },
  run = function(p) step("one", function() end) end }]]

local function new_project()
  local p = project.new { move = book }
  t.write_file(p.dir .. "/almanac.yaml", "environments: { devnet: {}, mainnet: {} }\n")
  return p
end

--- The candidates for the last of the words, without what is said of them.
local function candidates(p, words)
  local code, out, err = p:run { "complete", "--", table.unpack(words) }
  t.eq(code, 0, err)
  local found = {}
  for line in out:gmatch "[^\n]+" do found[#found + 1] = line:match "^[^\t]+" end
  return found
end

t.test("commands, options, runbooks, parameters, environments and runs", function()
  local p = new_project()
  t.eq((p:run { "run", "move", "place=here" }), 0)
  for _, case in ipairs {
    { { "roll" }, { "rollback" } }, { { "run", "mo" }, { "move" } }, { { "run", "move", "pl" }, { "place=", ":open" } },
    { { "run", "move", "place=" }, { "place=here", "place=there" } }, { { "plan", "move", "fast=t" }, { "fast=true" } },
    { { "run", "move", "-e", "" }, { "devnet", "mainnet" } }, { { "run", "-e", "devnet", "move", "fa" }, { "fast=", ":open" } },
    { { "run", "--params", "x" }, { ":files" } }, { { "run", "--st" }, { "--store" } }, { { "run", "--store", "" }, { ":directories" } },
    { { "show", "./x" }, { ":files" } }, { { "doc", "k8s.rollout" }, { "k8s.rollout" } }, { { "status", "" }, { p:newest() } },
    { { "completion", "" }, { "bash", "fish", "zsh" } }, { { "run", "nope", "x" }, {} }, { { "nope", "" }, {} },
    { { "resume", "" }, {} }, { { "approve", "" }, {} }, { { "rollback", "" }, { p:newest() } },
    { { "runs", "--status", "f" }, { "failed" } }, { { "report", "--format", "" }, { "html", "md", "xml", "json" } },
    { { "new", "--template", "fi" }, { "first" } }, { { "sim", "--fault", "cras" }, { "crash" } },
  } do
    t.eq(candidates(p, case[1]), case[2], json.encode(case[1]))
  end
end)

t.test("nothing there to complete from is no error", function()
  local p = project.new {}
  t.eq(candidates(p, { "status", "" }), {})
  t.write_file(p.dir .. "/almanac.yaml", "environments: [")
  t.eq(candidates(p, { "run", "-e", "" }), {})
  p:edit("bad", "return runbook {")
  t.eq(candidates(p, { "run", "bad", "" }), {})
end)

local shells = {
  bash = { start = "bash --norc --noprofile -i", load = 'eval "$(almanac completion bash)"' },
  fish = { start = "fish --no-config", load = "almanac completion fish | source" },
  zsh = { start = "zsh -f", load = 'autoload -Uz compinit && compinit -D && eval "$(almanac completion zsh)"' },
}

--- The screen once a line of it begins so.
local function wait_for(terminal, text)
  t.eventually("the screen shows " .. text, function()
    return (table.concat(terminal:lines(), "\n"):find(text, 1, true))
  end, 20)
end

for name, shell in pairs(shells) do
  t.test(name .. " completes a command, a runbook and the value of a parameter", function()
    local p = new_project()
    t.must { "ln", "-s", process.exe(), p.dir .. "/almanac" }
    local terminal = tmux.open({ width = 100, height = 24 }, "exec " .. shell.start,
      { cwd = p.dir, env = { HISTFILE = "/dev/null", PATH = p.dir .. ":" .. process.getenv "PATH" } })
    terminal:type("echo rea''dy")
    terminal:key "Enter"
    wait_for(terminal, "\nready")
    terminal:type(shell.load .. "; echo loa''ded")
    terminal:key "Enter"
    wait_for(terminal, "\nloaded")
    terminal:type "almanac pla"
    terminal:key "Tab"
    wait_for(terminal, "almanac plan")
    terminal:type "mov"
    terminal:key "Tab"
    wait_for(terminal, "almanac plan move")
    terminal:type "place=th"
    terminal:key "Tab"
    wait_for(terminal, "almanac plan move place=there")
  end)
end

t.test("bash: what a colleague called a runbook or a value is a word, and no command", function()
  local p = new_project()
  p:edit("pwn$(touch PWNED)", book)
  p:edit("enum", (book:gsub('"there"', '"x$(touch${IFS}PWNED)"')))
  t.must { "ln", "-s", process.exe(), p.dir .. "/almanac" }
  local terminal = tmux.open({ width = 100, height = 24 }, "exec " .. shells.bash.start,
    { cwd = p.dir, env = { HISTFILE = "/dev/null", PATH = p.dir .. ":" .. process.getenv "PATH" } })
  terminal:type(shells.bash.load .. "; echo loa''ded")
  terminal:key "Enter"
  wait_for(terminal, "\nloaded")
  terminal:type "almanac show pwn"
  terminal:key "Tab"
  wait_for(terminal, "touch")
  terminal:key "Enter"
  wait_for(terminal, "Moves")
  terminal:type "almanac run enum place=x"
  terminal:key "Tab"
  wait_for(terminal, "place=x\\$\\(touch")
  terminal:type " ; echo en''ded"
  terminal:key "Enter"
  wait_for(terminal, "\nended")
  t.eq(t.read_file(p.dir .. "/PWNED"), nil)
  t.eq(candidates(p, { "run", "enum", "place=h" }), { "place=here" })
end)
