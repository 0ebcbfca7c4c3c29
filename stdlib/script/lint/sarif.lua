--- Findings as SARIF, what code hosts and editors show beside a line.
--- https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
local json = require "native.json"
local process = require "native.process"

local M = {}

--- A path as a relative URI: what is no unreserved character is escaped, the slashes stay.
local function uri(path)
  return (path:gsub("[^%w%-%._~/]", function(c) return string.format("%%%02X", c:byte()) end))
end

local function result_of(finding)
  return {
    ruleId = finding.rule, level = finding.kind,
    message = { text = finding.message .. (finding.hint and ". Next: " .. finding.hint or "") },
    locations = json.array { {
      physicalLocation = {
        artifactLocation = { uri = uri(finding.file) },
        region = { startLine = finding.line, startColumn = finding.column },
      },
    } },
  }
end

--- All findings, as one document.
---@param findings almanac.lint.Finding[]
---@return table
function M.document(findings)
  local results, rules, known = {}, {}, {}
  for i, finding in ipairs(findings) do
    results[i] = result_of(finding)
    if not known[finding.rule] then
      known[finding.rule] = true
      rules[#rules + 1] = { id = finding.rule }
    end
  end
  table.sort(rules, function(a, b) return a.id < b.id end)
  return {
    ["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json", version = "2.1.0",
    runs = json.array { {
      tool = { driver = { name = "almanac check", version = process.version, rules = json.array(rules) } },
      columnKind = "unicodeCodePoints", results = json.array(results),
    } },
  }
end

return M
