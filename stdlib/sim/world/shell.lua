--- The shell of the simulated pods: enough of POSIX sh for what runbooks send to a container. Lists with
--- ; && ||, quotes, variables, $((arithmetic)), while, until, for, if, redirections; no pipes, no command
--- substitution, no functions: those end with code 2 and say so. Its grammar is in shell_grammar.lua.
local grammar = require "almanac.sim.world.shell_grammar"

local shell = {}

local fail = grammar.fail

local function sum_of(sh, text)
  local at = 1
  local function skip() at = text:match("^%s*()", at) end
  local expression
  local function factor()
    skip()
    local number, stop = text:match("^(%d+)()", at)
    if number then
      at = stop
      return math.tointeger(tonumber(number))
    end
    local name
    name, stop = text:match("^%$?([%a_][%w_]*)()", at)
    if name then
      at = stop
      return math.tointeger(tonumber(sh.variables[name] or "0") or 0) or 0
    end
    local c = text:sub(at, at)
    at = at + 1
    if c == "-" then return -factor() end
    if c ~= "(" then fail(("the arithmetic %q"):format(text)) end
    local inner = expression()
    skip()
    at = at + 1
    return inner
  end
  local function chain(next_level, operators)
    local left = next_level()
    while true do
      skip()
      local fn = operators[text:sub(at, at)]
      if not fn then return left end
      at = at + 1
      left = fn(left, next_level())
    end
  end
  local function product()
    return chain(factor, {
      ["*"] = function(a, b) return a * b end, ["/"] = function(a, b) return b ~= 0 and a // b or 0 end,
      ["%"] = function(a, b) return b ~= 0 and a % b or 0 end,
    })
  end
  function expression()
    return chain(product, { ["+"] = function(a, b) return a + b end, ["-"] = function(a, b) return a - b end })
  end
  return expression()
end

local function value_of(sh, part)
  if part.kind == "text" then return part.value end
  if part.kind == "sum" then return tostring(sum_of(sh, part.value)) end
  local name = part.value
  if name == "?" then return tostring(sh.last) end
  if name == "$" then return tostring(sh.io.pid) end
  if name == "#" then return tostring(#sh.arguments) end
  if name == "@" then return table.concat(sh.arguments, " ") end
  if name == "0" then return "sh" end
  if name:find "^%d$" then return sh.arguments[tonumber(name)] or "" end
  return sh.variables[name] or ""
end

--- The words that one word becomes: split at blanks where a variable was not quoted, globbed.
local function expand(sh, parts, out)
  local words, current, started, pattern = {}, "", false, false
  for _, part in ipairs(parts) do
    local text = value_of(sh, part)
    if part.kind ~= "text" and not part.quoted then
      local first = true
      for piece in (text .. " "):gmatch("(%S*)%s+") do
        if not first and started then
          words[#words + 1] = current
          current, started = "", false
        end
        current, started, first = current .. piece, started or piece ~= "", false
      end
    else
      current, started = current .. text, true
      if not part.quoted and (text:find "[%*%?]" or text:find "%[[^%]]+%]") then pattern = true end
    end
  end
  if started then words[#words + 1] = current end
  for _, word in ipairs(words) do
    local found = pattern and sh.io.glob(word) or {}
    if #found == 0 then found = { word } end
    for _, name in ipairs(found) do out[#out + 1] = name end
  end
  return out
end

local function text_of(sh, parts)
  return table.concat(expand(sh, parts, {}), " ")
end

--- The io of a command with redirections.
local function redirected(sh, redirects)
  local io = sh.io
  if #redirects == 0 then return io end
  local sinks = { io.out, io.err }
  for _, r in ipairs(redirects) do
    local target = text_of(sh, r.target)
    if r.mode:find "&" then
      sinks[r.redirect] = sinks[tonumber(target) or 1]
    elseif target == "/dev/null" then
      sinks[r.redirect] = function() end
    else
      if r.mode == ">" then io.write_file(target, "") end
      sinks[r.redirect] = function(text) io.write_file(target, (io.read_file(target) or "") .. text) end
    end
  end
  return setmetatable({ out = sinks[1], err = sinks[2] }, { __index = io })
end

local run_list

local function run_simple(sh, node)
  local argv = {}
  local i = 1
  while node.words[i] and node.words[i][1].kind == "text" do
    local name = not node.words[i][1].quoted and node.words[i][1].value:match "^([%a_][%w_]*)="
    if not name then break end
    local rest = { table.unpack(node.words[i]) }
    rest[1] = { kind = "text", value = rest[1].value:sub(#name + 2), quoted = false }
    sh.variables[name] = text_of(sh, rest)
    i = i + 1
  end
  for j = i, #node.words do expand(sh, node.words[j], argv) end
  local io = redirected(sh, node.redirects)
  if #argv == 0 then return 0 end
  if argv[1] == "exit" then error({ exit = tonumber(argv[2]) or sh.last }, 0) end
  if argv[1] == "export" then
    for j = 2, #argv do
      local name, text = argv[j]:match "^([%a_][%w_]*)=(.*)$"
      if name then sh.variables[name] = text end
    end
    return 0
  end
  if argv[1] == "set" then
    local sign, options = (argv[2] or ""):match "^([-+])(%a+)$"
    if sign and options:find "e" then sh.ends_on_failure = sign == "-" end
    return 0
  end
  if argv[1] == "cd" or argv[1] == ":" then return 0 end
  if argv[1] == "exec" then table.remove(argv, 1) end
  local code = io.run(io, argv)
  if code then return code end
  io.err(("sh: %s: not found\n"):format(argv[1]))
  return 127
end

--- Runs a list whose code is asked about: a failure in it ends nothing.
local function holds(sh, list)
  local before = sh.ends_on_failure
  sh.ends_on_failure = false
  local code = run_list(sh, list)
  sh.ends_on_failure = before
  return code == 0
end

local function run_node(sh, node)
  if node.kind == "simple" then return run_simple(sh, node) end
  local io = sh.io
  sh.io = redirected(sh, node.redirects)
  local code = 0
  if node.kind == "group" then
    code = run_list(sh, node.body)
  elseif node.kind == "if" then
    if holds(sh, node.condition) then
      code = run_list(sh, node.body)
    elseif node.other then
      code = run_list(sh, node.other)
    end
  elseif node.kind == "for" then
    local words = {}
    for _, word in ipairs(node.words) do expand(sh, word, words) end
    for _, word in ipairs(words) do
      sh.variables[node.name] = word
      code = run_list(sh, node.body)
    end
  else
    while holds(sh, node.condition) == (node.kind == "while") do
      sh.io.breathe()
      code = run_list(sh, node.body)
    end
  end
  sh.io = io
  return code
end

function run_list(sh, list)
  local skip = false
  for i, node in ipairs(list) do
    if node.op == "&&" then
      skip = sh.last ~= 0
    elseif node.op == "||" then
      skip = sh.last == 0
    else
      if not skip then
        sh.last = run_node(sh, node)
        local chained = list[i + 1] and list[i + 1].op
        if sh.last ~= 0 and sh.ends_on_failure and not chained then error({ exit = sh.last }, 0) end
      end
      skip = false
    end
  end
  return sh.last
end

local OWN = { exit = true, export = true, set = true, cd = true, [":"] = true, exec = true }

--- Whether a script is one that this shell can run, with no program but those that `is_program` knows.
---@param script string
---@param is_program fun(name: string): boolean
---@return boolean
function shell.knows(script, is_program)
  local ok, names = pcall(function() return grammar.commands(grammar.parse(script)) end)
  if not ok then return false end
  for name in pairs(names) do
    if not OWN[name] and not is_program(name) then return false end
  end
  return true
end

--- Runs a script.
---@param io table  out, err, run(io, argv) → code or nil, glob, read_file, write_file, breathe, pid, env
---@param script string
---@param arguments string[]
---@return integer code
function shell.run(io, script, arguments)
  local sh = { io = io, variables = setmetatable({}, { __index = io.env }), arguments = arguments, last = 0 }
  local ok, result = pcall(function()
    return run_list(sh, grammar.parse(script))
  end)
  if ok then return result end
  if type(result) == "table" and result.exit then return result.exit & 255 end
  if type(result) == "table" and result.shell then
    io.err("sh: " .. result.shell .. "\n")
    return 2
  end
  error(result, 0)
end

return shell
