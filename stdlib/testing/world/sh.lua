--- Programs as a test says they are. None runs: one of ours stands in for each, hands on what it was called with, and
--- prints what the test answers.
local answers = require "almanac.testing.world.answers"
local errors = require "almanac.base.errors"
local handle = require "almanac.testing.handle"
local http = require "almanac.testing.world.http"
local json = require "native.json"
local lookup = require "almanac.base.lookup"
local place = require "almanac.testing.world.place"
local shell_word = require "almanac.base.shell_word"

local M = {}

--- A command as it is named in a test: its words, quoted where they have to be.
---@param argv string[]
---@return string
function M.line(argv)
  local words = {}
  for i, word in ipairs(argv) do words[i] = shell_word.plain(word) end
  return table.concat(words, " ")
end

--- What a test answered, as the stand-in takes it: text is what is printed, a number the exit code.
local function plain(answer)
  if type(answer) == "number" then return { code = answer, stdout = "", stderr = "" } end
  if type(answer) ~= "table" then return { code = 0, stdout = tostring(answer or ""), stderr = "" } end
  return { code = answer.code, stdout = answer.stdout, stderr = answer.stderr }
end

--- Writes the files that a program is answered to have written, below where the run works.
local function write_files(self, files)
  for path, text in pairs(files or {}) do place.write("world: sh: writes", self.cwd, path, tostring(text)) end
end

local function answer_to(self, asked, line)
  local answer, pattern = lookup.find(self.spec.sh or {}, line)
  if pattern == nil then self:no_answer("sh " .. line, string.format("sh = { [%s] = \"\" }", json.encode(line))) end
  answer = http.next_of(self, "sh " .. pattern, answer)
  if type(answer) == "function" then
    answer = answers.sh(string.format("world: sh[%q]", pattern), self:call(answer, asked.argv, handle.of_world(self)))
  end
  if type(answer) == "table" then
    write_files(self, answer.writes)
    self:take(answer.takes, true)
  end
  return plain(answer)
end

--- Answers a stand-in.
---@param self almanac.testing.World
---@param request table
---@param response table
function M.handle(self, request, response)
  local asked = json.decode(request.body)
  local line = M.line(asked.argv)
  table.insert(self.commands, { line = line, argv = asked.argv, at = self:now() - self.began })
  local ok, answer = errors.try(answer_to, self, asked, line)
  if not ok then answer = { code = 127, stdout = "", stderr = tostring(answer.message) .. "\n" } end
  response:send(200, { ["Content-Type"] = "application/json" }, json.encode(answer))
end

return M
