--- The grammar of the simulated pods' shell: a script as a list of nodes for shell.lua to run. Pure.
local grammar = {}

local OPERATORS = { [";"] = true, ["&&"] = true, ["||"] = true, ["\n"] = true }
local UNSUPPORTED = "not simulated: "

local function fail(what) error({ shell = UNSUPPORTED .. what }, 0) end

-- ── words ──

local function add(w, kind, value, quoted) w.parts[#w.parts + 1] = { kind = kind, value = value, quoted = quoted } end

--- A "$" and what belongs to it.
local function read_dollar(w, quoted)
  local text, at = w.text, w.at
  local sum, after = text:match("^%$%(%((.-)%)%)()", at)
  if sum then
    add(w, "sum", sum, quoted)
    w.at = after
    return
  end
  local name, stop = text:match("^%$([%a_][%w_]*)()", at)
  if not name then name, stop = text:match("^%${([%a_][%w_]*)}()", at) end
  if not name then name, stop = text:match("^%$([%?#@%$%d])()", at) end
  if not name and text:match("^%$%(", at) then fail "command substitution" end
  add(w, name and "variable" or "text", name or "$", quoted)
  w.at = stop or at + 1
end

--- What stands in double quotes.
local function read_double_quoted(w)
  local text = w.text
  w.at = w.at + 1
  add(w, "text", "", true)
  while text:sub(w.at, w.at) ~= '"' do
    local plain, stop = text:match('^([^"\\$`]+)()', w.at)
    local c = text:sub(w.at, w.at)
    if plain then
      add(w, "text", plain, true)
      w.at = stop
    elseif c == "$" then
      read_dollar(w, true)
    elseif c == "\\" then
      local escaped = text:sub(w.at + 1, w.at + 1)
      add(w, "text", escaped:find '[\\"$`]' and escaped or "\\" .. escaped, true)
      w.at = w.at + 2
    elseif w.at > #text then
      fail "a quote that does not end"
    else
      fail "backquotes"
    end
  end
  w.at = w.at + 1
end

--- One word from `at`: a list of parts { kind, value, quoted } where a part may be a variable or a sum to expand.
local function read_word(text, at)
  local w = { text = text, at = at, parts = {} }
  while w.at <= #text do
    local c = text:sub(w.at, w.at)
    if c:find "[%s;&|<>()]" then break end
    if c == "'" then
      local inside, stop = text:match("^'([^']*)'()", w.at)
      if not inside then fail "a quote that does not end" end
      add(w, "text", inside, true)
      w.at = stop
    elseif c == '"' then
      read_double_quoted(w)
    elseif c == "\\" then
      add(w, "text", text:sub(w.at + 1, w.at + 1), true)
      w.at = w.at + 2
    elseif c == "$" then
      read_dollar(w, false)
    elseif c == "`" then
      fail "backquotes"
    else
      local plain, stop = text:match("^([^%s;&|<>()'\"\\$`]+)()", w.at)
      add(w, "text", plain, false)
      w.at = stop
    end
  end
  return w.parts, w.at
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
  local node = { kind = "if", condition = parse_list(p), redirects = {} }
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

--- A script as a list of nodes. Raises { shell = why } for what is not simulated.
---@param script string
---@return table[]
function grammar.parse(script)
  local tokens = tokens_of(script)
  tokens.at = 1
  local list = parse_list(tokens)
  if tokens[tokens.at] then fail(tokens[tokens.at].plain or "this script") end
  return list
end

--- The name of a simple command, "" where it is only known when it runs; nil where there are only assignments.
local function command_name(node)
  for _, word in ipairs(node.words) do
    local first = word[1]
    local plain = #word == 1 and first.kind == "text"
    if plain and (first.quoted or not first.value:find "^[%a_][%w_]*=") then return first.value end
    if not (first.kind == "text" and not first.quoted and first.value:find "^[%a_][%w_]*=") then return "" end
  end
  return nil
end

--- The names of the commands that a script would run.
---@param list table[]
---@param out? table<string, true>
---@return table<string, true>
function grammar.commands(list, out)
  out = out or {}
  for _, node in ipairs(list) do
    local name = node.kind == "simple" and command_name(node)
    if name then out[name] = true end
    for _, part in ipairs { "condition", "body", "other" } do
      if node[part] then grammar.commands(node[part], out) end
    end
  end
  return out
end

grammar.fail = fail

return grammar
