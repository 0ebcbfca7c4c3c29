--- Ports for a page that names its own.
local httpd = require "native.httpd"
local process = require "native.process"

local M = {}

-- Below those that the system gives to who asks for any: a server of another test may have one of those a moment later.
local FIRST, COUNT = 20000, 12000

local function is_free(port)
  local ok, server = pcall(httpd.listen, { port = port, handler = function() end })
  if ok then server:close() end
  return ok
end

--- A free port for each that a page names: what the page says, and what stands for it.
---@param named string[]
---@return { [1]: string, [2]: string }[]
function M.free(named)
  local given, at = {}, process.pid() * 7
  for i, port in ipairs(named) do
    repeat at = at + 1 until is_free(FIRST + at % COUNT)
    given[i] = { port, tostring(FIRST + at % COUNT) }
  end
  return given
end

return M
