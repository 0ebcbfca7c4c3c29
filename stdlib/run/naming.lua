--- How a script names its steps: whether it may name one so, and what its source was under another name. Pure.
local sha256 = require("native.digest").sha256

local M = {}

--- Whether the texts hold a name as a text of its own, or as the key of a branch.
---@param texts table<string, string>
---@param name string
---@return boolean
function M.is_named(texts, name)
  local key = name:find "^[%a_][%w_]*$" and "%f[%w_]" .. name .. "%s*="
  for _, text in pairs(texts) do
    if text:find('"' .. name .. '"', 1, true) or text:find("'" .. name .. "'", 1, true) or key and text:find(key) then
      return true
    end
  end
  return false
end

--- What a format of string.format gives, as a pattern; nil: the text is none.
local function format_pattern(text)
  if not text:find "%%[sdi]" then return nil end
  return "^" .. text:gsub("%%[sdi]", "\0"):gsub("%p", "%%%0"):gsub("%z", ".+") .. "$"
end

--- Whether a text computes a name, as far as can be seen: a piece of it is joined to something there, or a format gives it.
local function computes(text, name)
  for from, piece, to in text:gmatch "()[\"']([^\n\"']+)[\"']()" do
    local format = format_pattern(piece)
    if format and name:find(format) then return true end
    if #piece > 1 and #piece < #name and piece:find "%w" then
      if name:sub(1, #piece) == piece and text:find("^%s*%.%.", to) then return true end
      if name:sub(-#piece) == piece and text:sub(math.max(1, from - 8), from - 1):find "%.%.%s*$" then return true end
    end
  end
  return false
end

--- Whether the texts may name a step so: they hold the name, or what computes it.
---@param texts table<string, string>
---@param name string
---@return boolean
function M.may_be_named(texts, name)
  if M.is_named(texts, name) then return true end
  for _, text in pairs(texts) do
    if computes(text, name) then return true end
  end
  return false
end

--- What a name's piece was in the old name, when all around it is the same.
local function old_piece(name, old, piece)
  local from, to = name:find(piece, 1, true)
  if not from or piece == "" then return nil end
  local before, after = name:sub(1, from - 1), name:sub(to + 1)
  if #old <= #before + #after or old:sub(1, #before) ~= before then return nil end
  if after ~= "" and old:sub(-#after) ~= after then return nil end
  return old:sub(#before + 1, #old - #after)
end

--- The sources that a step may have had under its old name, and the texts in them that named it. A computed
--- name is held by its literal piece: "ready: " .. workload.
---@param text string   today's source
---@param name string   today's name
---@param old string    the old name
---@return { text: string, piece: string }[]
function M.old_sources(text, name, old)
  local out = {}
  for from, quote, piece, to in text:gmatch "()([\"'])([^\n\"']-)%2()" do
    local was = old_piece(name, old, piece)
    if was and was ~= piece then
      out[#out + 1] = { text = text:sub(1, from - 1) .. quote .. was .. quote .. text:sub(to), piece = was }
    end
  end
  if name:find "^[%a_][%w_]*$" then
    for from, to in text:gmatch("()%f[%w_]" .. name .. "%f[^%w_]()%s*=") do
      local key = old:find "^[%a_][%w_]*$" and old or '["' .. old .. '"]'
      out[#out + 1] = { text = text:sub(1, from - 1) .. key .. text:sub(to), piece = old }
    end
  end
  return out
end

--- Whether a source is that of a digest, but for the name of its step.
---@param text string?   today's source
---@param name string    today's name
---@param old string     the old name
---@param digest string? of the source then
---@return string? piece  of the old name
function M.is_renamed_source(text, name, old, digest)
  for _, before in ipairs(text and M.old_sources(text, name, old) or {}) do
    if sha256(before.text) == digest then return before.piece end
  end
end

return M
