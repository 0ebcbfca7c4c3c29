--- almanac init
local embedded = require "native.embedded"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local meta = require "almanac.cli.meta"
local options = require "almanac.cli.options"
local scaffold = require "almanac.cli.scaffold"

local M = {}

M.usage = [[init

Begins a project in the working directory: almanac.yaml with every key explained, a first runbook, and what editors
need: stubs for the Lua language server, a standard for luacheck, and tasks for Visual Studio Code. Where one of these
files is there already nothing is written.]]
M.options = {}

local STUBS = ".almanac-stubs"

local YAML = [[
# What runbooks of this project go by. Every key may stand here, or below an environment, which goes before.
# almanac check says what is wrong in it. Text of the form "env:NAME" is read from the environment, and kept secret.

# environment: staging           # the one that is used without -e
# environments:
#   staging:
#     context: staging           # of the kubeconfig; kubeconfig: FILE names another than KUBECONFIG, ~/.kube/config
#     endpoints:
#       prometheus: http://127.0.0.1:9090   # or svc://NAMESPACE/SERVICE:PORT, through the cluster's API
#       loki: http://127.0.0.1:3100
#     channels:                  # where notify.send and hooks tell people
#       ops: { kind: slack, url: "env:SLACK_WEBHOOK" }
#     params:                    # of runbooks, by name; key=value goes before
#       first: { text: hello }

# store: .almanac                # the journal
# hooks: { on_fail: ops }        # a channel that is told, whatever runbook ran: on_start on_wait on_fail on_done on_undo
# windows: [{ days: Mon-Thu, from: "08:00", to: "17:00", zone: Europe/Berlin }]   # when runs may begin
# freezes: [{ from: 2026-12-20, to: 2027-01-03, zone: Europe/Berlin, reason: holidays }]
# approval: { quorum: 2, allowed_signers: allowed_signers, plan_required: true }   # signed by two
]]

local LUACHECK = [[
stds.almanac = dofile ".almanac-stubs/luacheck.lua"
std = "lua54+almanac"
stds.almanac_test = dofile ".almanac-stubs/testing/luacheck.lua"
files["runbooks/tests"] = { std = "lua54+almanac+almanac_test" }
exclude_files = { ".almanac-stubs" }
]]

local TASKS = [[
{
  "version": "2.0.0",
  "tasks": [
    {
      "label": "almanac check",
      "type": "shell",
      "command": "almanac check",
      "group": { "kind": "build", "isDefault": true },
      "presentation": { "reveal": "silent" },
      "problemMatcher": {
        "owner": "almanac",
        "fileLocation": ["relative", "${workspaceFolder}"],
        "pattern": {
          "regexp": "^([^ :][^:]*):(\\d+):(\\d+): (error|warning): (.*)$",
          "file": 1, "line": 2, "column": 3, "severity": 4, "message": 5
        }
      }
    }
  ]
}
]]

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  if rest[1] then errors.usage "usage: almanac init, in the directory of the project" end
  local files = {
    { path = "almanac.yaml", text = YAML },
    { path = "runbooks/first.lua", text = embedded.read(scaffold.FOLDER .. "first.lua") },
    scaffold.test("first", "first"),
    { path = ".luarc.json", text = meta.settings(STUBS) },
    { path = ".luacheckrc", text = LUACHECK },
    { path = ".vscode/tasks.json", text = TASKS },
  }
  if not fs.exists ".gitignore" then files[#files + 1] = { path = ".gitignore", text = "/.almanac/\n" } end
  local own = #files
  for _, stub in ipairs(meta.stubs()) do files[#files + 1] = { path = STUBS .. "/" .. stub.name, text = stub.text } end
  scaffold.write(files, "almanac new writes a runbook, almanac meta the stubs")
  for i = 1, own do operator:result(files[i].path .. "\n") end
  operator:result(string.format("%s/  %d stubs\n", STUBS, #files - own))
  if fs.read ".gitignore":find("/.almanac/", 1, true) == nil then operator:say ".gitignore is yours: add /.almanac/, the journal" end
  operator:result "next: almanac plan first text=hello\n"
  return 0
end

return M
