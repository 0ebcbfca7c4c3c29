--- almanac lsp
local errors = require "almanac.base.errors"
local json = require "native.json"
local messages = require "native.messages"
local options = require "almanac.cli.options"
local servers = require "almanac.script.language.server"

local M = {}

M.usage = [[lsp

A language server for runbooks, on the standard streams: what `almanac check` finds as it is typed, completion, what is
known of a name, the steps of a runbook, and what its last plan said of each. Editors start it:
  Neovim  vim.lsp.start { name = "almanac", cmd = { "almanac", "lsp" }, root_dir = vim.fs.root(0, "almanac.yaml") }
  VS Code any extension that runs a language server, with the command: almanac lsp]]
M.options = { { "--stdio", nil, "as editors call it; it is what is done anyway" } }

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  if rest[1] then errors.usage "usage: almanac lsp" end
  local lost = false
  local server = servers.new(function(message) lost = not messages.write(json.encode(message)) or lost end)
  local reader = messages.open()
  while server.state ~= "over" and not lost do
    local text = reader:read()
    if not text then break end
    local ok, message = errors.try(json.decode, text)
    if ok and type(message) == "table" then server:take(message) end
  end
  return server.state == "over" and 0 or 1
end

return M
