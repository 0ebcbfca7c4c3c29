--- A page of docs/ as a list of what it shows: files, commands with what they print, and what is only shown.
local M = {}

---@class tests.Block
---@field kind "file"|"console"|"shown"
---@field text string
---@field line integer        of its first line
---@field language string
---@field path? string        of a file: where it belongs
---@field not_run? string     why it is only shown

local function lines_of(text)
  local lines = {}
  for line in (text:gsub("\n?$", "\n")):gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  return lines
end

--- The last line before `at` that is not empty.
local function line_before(lines, at)
  for i = at - 1, 1, -1 do
    if lines[i]:find "%S" then return lines[i] end
  end
  return ""
end

local function block_of(language, body, caption, line)
  local text = #body > 0 and table.concat(body, "\n") .. "\n" or ""
  local path = caption:match "^`([%w_./-]+)`:$"
  local not_run = caption:match "^%s*<!%-%- not run: (.-) %-%->$"
  local kind = not_run and "shown" or path and "file" or language == "console" and "console" or "shown"
  return { kind = kind, text = text, line = line, language = language, path = path, not_run = not_run }
end

--- The blocks of a page, in their order. A file is named by the line before it: its path between `…` and a colon.
--- What is in a ```console block is typed by a reader. Before any other block stands <!-- not run: WHY -->.
---@param page string
---@return tests.Block[]
function M.blocks(page)
  local lines, blocks = lines_of(page), {}
  local i = 1
  while i <= #lines do
    local indent, language = lines[i]:match "^(%s*)```(%a*)"
    if indent then
      local first, body = i + 1, {}
      i = first
      while lines[i] and not lines[i]:find "^%s*```%s*$" do
        body[#body + 1] = lines[i]:sub(#indent + 1)
        i = i + 1
      end
      blocks[#blocks + 1] = block_of(language, body, line_before(lines, first - 1), first)
    end
    i = i + 1
  end
  return blocks
end

--- The commands of a ```console block: what follows `$ `, with lines continued by a backslash, and those of a here-document
--- behind `> `; and what each prints.
---@param text string
---@return { command: string, typed: string, shown: string }[]  typed: as the page has it
function M.commands(text)
  local commands, continued, document = {}, false, nil
  for line in text:gmatch "([^\n]*)\n" do
    local last = commands[#commands]
    local typed = line:match "^%$ (.*)$"
    local more = document and line:match "^> (.*)$"
    if more then
      last.command, last.typed = last.command .. "\n" .. more, last.typed .. "\n" .. line
      if more == document then document = nil end
    elseif typed and not continued then
      commands[#commands + 1] = { command = typed, typed = line, shown = "" }
      document = typed:match "<<(%u+)$"
    elseif continued then
      last.command, last.typed = last.command .. "\n" .. line, last.typed .. "\n" .. line
    elseif last then
      last.shown = last.shown .. line .. "\n"
    else
      error("a ```console block begins with a command: " .. line, 0)
    end
    continued = (typed or continued) and line:sub(-1) == "\\"
  end
  return commands
end

return M
