--- The shell of the simulated pods: enough of POSIX sh for what runbooks send to a container. Lists with
--- ; && ||, quotes, variables, $((arithmetic)), while, until, for, if, redirections; no pipes, no command
--- substitution, no functions: those end with code 2 and say so.
local shell = {}

local OPERATORS = { [";"] = true, ["&&"] = true, ["||"] = true, ["\n"] = true }
local UNSUPPORTED = "not simulated: "

local function fail(what) error({ shell = UNSUPPORTED .. what }, 0) end

-- ── words ──

--- One word from `at`: a list of parts { text, quoted } where text may be a variable to expand.
local function read_word(text, at)
  local parts = {}
  local function add(kind, value, quoted) parts[#parts + 1] = { kind = kind, value = value, quoted = quoted } end
  local function dollar(quoted)
    local sum, after = text:match("^%$%(%((.-)%)%)()", at)
    if sum then
      add("sum", sum, quoted)
      at = after
      return
    end
    local name, stop = text:match("^%$([%a_][%w_]*)()", at)
    if not name then name, stop = text:match("^%${([%a_][%w_]*)}()", at) end
    if not name then name, stop = text:match("^%$([%?#@%$%d])()", at) end
    if not name then
      if text:match("^%$%(", at) then fail "command substitution" end
      add("text", "$", quoted)
      at = at + 1
      return
    end
    add("variable", name, quoted)
    at = stop
  end
  while at <= #text do
    local c = text:sub(at, at)
    if c:find "[%s;&|<>()]" then break end
    if c == "'" then
      local inside, stop = text:match("^'([^']*)'()", at)
      if not inside then fail "a quote that does not end" end
      add("text", inside, true)
      at = stop
    elseif c == '"' then
      at = at + 1
      add("text", "", true)
      while text:sub(at, at) ~= '"' do
        local plain, stop = text:match('^([^"\\$`]+)()', at)
        if plain then
          add("text", plain, true)
          at = stop
        elseif text:sub(at, at) == "$" then
          dollar(true)
        elseif text:sub(at, at) == "\\" then
          local escaped = text:sub(at + 1, at + 1)
          add("text", escaped:find '[\\"$`]' and escaped or "\\" .. escaped, true)
          at = at + 2
        elseif at > #text then
          fail "a quote that does not end"
        else
          fail "backquotes"
        end
      end
      at = at + 1
    elseif c == "\\" then
      add("text", text:sub(at + 1, at + 1), true)
      at = at + 2
    elseif c == "$" then
      dollar(false)
    elseif c == "`" then
      fail "backquotes"
    else
      local plain, stop = text:match("^([^%s;&|<>()'\"\\$`]+)()", at)
      add("text", plain, false)
      at = stop
    end
  end
  return parts, at
end

--- Tokens: { op = … }, { redirect = fd, mode, … } and { word = parts, plain = text of an unquoted word }.
local function tokens_of(text)
  local out, at = {}, 1
  while true do
    at = text:match("^[ \t\r]*()", at)
    if at > #text then return out end
    local comment = text:match("^#[^\n]*()", at)
    local two, one = text:sub(at, at + 1), text:sub(at, at)
    local fd, mode, stop = text:match("^(%d?)(>>?&?)()", at)
    if comment then
      at = comment
    elseif OPERATORS[two] or OPERATORS[one] then
      local op = OPERATORS[two] and two or one
      out[#out + 1] = { op = op == "\n" and ";" or op }
      at = at + #op
    elseif fd then
      local target
      target, at = read_word(text, text:match("^[ \t]*()", stop))
      out[#out + 1] = { redirect = fd == "2" and 2 or 1, mode = mode, target = target }
    elseif one:find "[&|<()]" then
      fail(one == "|" and "pipes" or one)
    else
      local word
      word, at = read_word(text, at)
      out[#out + 1] = { word = word, plain = #word == 1 and word[1].kind == "text" and not word[1].quoted and word[1].value }
    end
  end
end

-- ── grammar ──

local RESERVED = {
  ["do"] = true, done = true, ["then"] = true, fi = true, ["else"] = true, ["elif"] = true, ["}"] = true,
}

local parse_list

local function expect(p, word)
  local token = p[p.at]
  if not token or token.plain ~= word then fail(("a script without its %q"):format(word)) end
  p.at = p.at + 1
end

local function parse_if(p)
  local node = { kind = "if", condition = parse_list(p) }
  expect(p, "then")
  node.body = parse_list(p)
  local token = p[p.at]
  if token and token.plain == "elif" then
    p.at = p.at + 1
    node.other = { parse_if(p) }
    return node
  elseif token and token.plain == "else" then
    p.at = p.at + 1
    node.other = parse_list(p)
  end
  expect(p, "fi")
  return node
end

local function parse_loop(p, kind)
  local node = { kind = kind, condition = parse_list(p) }
  expect(p, "do")
  node.body = parse_list(p)
  expect(p, "done")
  return node
end

local function parse_for(p)
  local name = p[p.at]
  p.at = p.at + 1
  local node = { kind = "for", name = name and name.plain or fail "for without a name", words = {} }
  expect(p, "in")
  while p[p.at] and p[p.at].word do
    node.words[#node.words + 1] = p[p.at].word
    p.at = p.at + 1
  end
  if p[p.at] and p[p.at].op then p.at = p.at + 1 end
  expect(p, "do")
  node.body = parse_list(p)
  expect(p, "done")
  return node
end

local function parse_simple(p)
  local node = { kind = "simple", words = {}, redirects = {} }
  while p[p.at] and not p[p.at].op do
    local token = p[p.at]
    if token.redirect then node.redirects[#node.redirects + 1] = token else node.words[#node.words + 1] = token.word end
    p.at = p.at + 1
  end
  return node
end

local function parse_command(p)
  local word = p[p.at] and p[p.at].plain
  local compound = word == "if" or word == "while" or word == "until" or word == "for" or word == "{"
  if not compound then return parse_simple(p) end
  p.at = p.at + 1
  local node
  if word == "if" then
    node = parse_if(p)
  elseif word == "for" then
    node = parse_for(p)
  elseif word == "{" then
    node = { kind = "group", body = parse_list(p) }
    expect(p, "}")
  else
    node = parse_loop(p, word)
  end
  node.redirects = {}
  while p[p.at] and p[p.at].redirect do
    node.redirects[#node.redirects + 1] = p[p.at]
    p.at = p.at + 1
  end
  return node
end

function parse_list(p)
  local list = {}
  while p[p.at] and not RESERVED[p[p.at].plain or ""] do
    if p[p.at].op == ";" then
      p.at = p.at + 1
    elseif p[p.at].op then
      list[#list + 1] = { op = p[p.at].op }
      p.at = p.at + 1
    else
      list[#list + 1] = parse_command(p)
    end
  end
  return list
end

-- ── running ──

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
  if argv[1] == "cd" or argv[1] == "set" or argv[1] == ":" then return 0 end
  if argv[1] == "exec" then table.remove(argv, 1) end
  local code = io.run(io, argv)
  if code then return code end
  io.err(("sh: %s: not found\n"):format(argv[1]))
  return 127
end

local function run_node(sh, node)
  if node.kind == "simple" then return run_simple(sh, node) end
  local io = sh.io
  sh.io = redirected(sh, node.redirects)
  local code = 0
  if node.kind == "group" then
    code = run_list(sh, node.body)
  elseif node.kind == "if" then
    if run_list(sh, node.condition) == 0 then
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
    while (run_list(sh, node.condition) == 0) == (node.kind == "while") do
      sh.io.breathe()
      code = run_list(sh, node.body)
    end
  end
  sh.io = io
  return code
end

function run_list(sh, list)
  local skip = false
  for _, node in ipairs(list) do
    if node.op == "&&" then
      skip = sh.last ~= 0
    elseif node.op == "||" then
      skip = sh.last == 0
    else
      if not skip then sh.last = run_node(sh, node) end
      skip = false
    end
  end
  return sh.last
end

--- Runs a script.
---@param io table  out, err, run(io, argv) → code or nil, glob, read_file, write_file, breathe, pid, env
---@param script string
---@param arguments string[]
---@return integer code
function shell.run(io, script, arguments)
  local sh = { io = io, variables = setmetatable({}, { __index = io.env }), arguments = arguments, last = 0 }
  local ok, result = pcall(function()
    local tokens = tokens_of(script)
    tokens.at = 1
    local list = parse_list(tokens)
    if tokens[tokens.at] then fail(tokens[tokens.at].plain or "this script") end
    return run_list(sh, list)
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
