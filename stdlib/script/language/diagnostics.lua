--- What `almanac check` finds in an open text, as diagnostics of the Language Server Protocol.
local findings = require "almanac.script.lint.findings"
local json = require "native.json"
local library_file = require "almanac.script.library_file"
local public = require "almanac.script.public"
local runbook = require "almanac.script.runbook"
local script = require "almanac.script.lint.script"

local M = {}

local severities = { error = 1, warning = 2 }

--- Diagnostics of a document.
---@param document almanac.language.Document
---@param open table<string, string>  path → text of all open documents, which go before those on disk
---@return table[]
function M.of(document, open)
  local found = findings.new()
  local function load() return runbook.load_kept(document.path, open) end
  local is_book = not library_file.is_library(document.path) and not public.is_test(document.path)
  script.check(document.path, document.text, found, is_book and load or nil)
  local out = {}
  for _, finding in ipairs(found:sorted()) do
    if finding.file == document.path then
      out[#out + 1] = {
        range = document:range_of(finding.line, finding.column), severity = severities[finding.kind], code = finding.rule,
        source = "almanac", message = finding.message .. (finding.hint and "\n" .. finding.hint or ""),
      }
    end
  end
  return json.array(out)
end

return M
