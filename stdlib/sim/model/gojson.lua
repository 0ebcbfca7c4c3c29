--- What Go's JSON decoder says of text that is not JSON. Pure; only called for text that did not decode.
local gojson = {}

local END = "unexpected end of JSON input"

local function invalid(s, where)
  local c = s.text:sub(s.at, s.at)
  if c == "" then return END end
  return ("invalid character '%s' %s"):format(c, where)
end

local function push(s, open)
  s.stack[#s.stack + 1] = open
  s.at = s.at + 1
  s.state = open == "{" and "first_key" or "value"
end

local function after_value(s)
  s.state = #s.stack == 0 and "done" or "more"
end

local function pop(s)
  s.stack[#s.stack] = nil
  s.at = s.at + 1
  after_value(s)
end

--- The place after the string that begins at s.at, or nil where it does not end.
local function string_end(s)
  local at = s.at + 1
  while true do
    local quote = s.text:find('["\\]', at)
    if not quote then return nil end
    if s.text:sub(quote, quote) == '"' then return quote + 1 end
    at = quote + 2
  end
end

local function word_end(s)
  local _, last = s.text:find("^[%w%.%+%-]+", s.at)
  local word = last and s.text:sub(s.at, last)
  if word == "true" or word == "false" or word == "null" or tonumber(word or "") then return last + 1 end
  return nil
end

-- Each state takes what is at s.at; it returns why that cannot be.
local STATES = {}

function STATES.value(s, c)
  if c == "{" or c == "[" then return push(s, c) end
  if c == "]" and s.stack[#s.stack] == "[" then return pop(s) end
  local stop
  if c == '"' then stop = string_end(s) else stop = word_end(s) end
  if not stop then return c == '"' and END or invalid(s, "looking for beginning of value") end
  s.at = stop
  after_value(s)
end

function STATES.key(s, c)
  if c ~= '"' then return invalid(s, "looking for beginning of object key string") end
  local stop = string_end(s)
  if not stop then return END end
  s.at, s.state = stop, "colon"
end

function STATES.first_key(s, c)
  if c == "}" then return pop(s) end
  return STATES.key(s, c)
end

function STATES.colon(s, c)
  if c ~= ":" then return invalid(s, "after object key") end
  s.at, s.state = s.at + 1, "value"
end

function STATES.more(s, c)
  local object = s.stack[#s.stack] == "{"
  if c == (object and "}" or "]") then return pop(s) end
  if c ~= "," then return invalid(s, object and "after object key:value pair" or "after array element") end
  s.at, s.state = s.at + 1, object and "key" or "value"
end

function STATES.done(s)
  return invalid(s, "after top-level value")
end

--- Why `text` is not JSON, in Go's words.
---@param text string
---@return string
function gojson.why(text)
  local s = { text = text, at = 1, state = "value", stack = {} }
  while true do
    s.at = text:find("[^ \t\r\n]", s.at) or #text + 1
    local why = STATES[s.state](s, text:sub(s.at, s.at))
    if why then return why end
  end
end

return gojson
