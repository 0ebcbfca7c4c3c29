--- The files of a tar archive, in memory. Strict: what programs read in different ways is refused, so that what is seen here
--- is what another program finds. Pure.
--- https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13
local errors = require "almanac.base.errors"

local M = {}

local BLOCK = 512
local EMPTY = ("\0"):rep(BLOCK)

--- What stands in a header, by its type.
local FILE = { ["0"] = true, ["\0"] = true, ["7"] = true }
local WITHOUT_DATA = { ["1"] = true, ["2"] = true, ["3"] = true, ["4"] = true, ["5"] = true, ["6"] = true }
local NAMES_NEXT = { x = true, L = true }     -- records of pax, GNU's long name
local SAYS_NOTHING = { g = true, K = true }   -- records for all, a long name of a link

--- Records of pax that make a file another one than its header says.
local REFUSED_RECORDS = { " size=", " GNU.sparse." }

local function refuse(form, ...)
  errors.raise { kind = "corrupt", message = "the archive " .. string.format(form, ...) }
end

local function size_of(header, at)
  local digits = header:sub(125, 136):match "^ *([0-7]+)[ %z]*$"
  if not digits then refuse("says no plain size at byte %d", at) end
  return tonumber(digits, 8)
end

local function field(header, first, last)
  return header:sub(first, last):match "^[^%z]*"
end

local function check_records(records)
  for _, words in ipairs(REFUSED_RECORDS) do
    if records:find(words, 1, true) then refuse("has a file that is not stored as it is (%s)", words:match "[%w.]+") end
  end
end

---@class almanac.TarFile
---@field names string  what the archive calls it, in each of the ways in which it says so, a line each
---@field data string

--- The files of an archive, in order. Raises kind "corrupt" for one that is cut off, or that programs read in different ways.
---@param bytes string
---@return almanac.TarFile[]
function M.files(bytes)
  local out, at, names = {}, 1, {}
  while at <= #bytes do
    local header = bytes:sub(at, at + BLOCK - 1)
    if #header < BLOCK then refuse "is cut off" end
    if header == EMPTY then return out end
    local kind, size = header:sub(157, 157), size_of(header, at)
    local data = bytes:sub(at + BLOCK, at + BLOCK + size - 1)
    if #data < size then refuse "is cut off" end
    if NAMES_NEXT[kind] then
      if kind == "x" then check_records(data) end
      names[#names + 1] = data
    elseif FILE[kind] then
      names[#names + 1] = field(header, 1, 100)
      names[#names + 1] = field(header, 346, 500)
      out[#out + 1], names = { names = table.concat(names, "\n"), data = data }, {}
    elseif WITHOUT_DATA[kind] and size == 0 then
      names = {}
    elseif not SAYS_NOTHING[kind] then
      refuse("has an entry of a kind that is no file's (%q)", kind)
    end
    at = at + BLOCK + (size + BLOCK - 1) // BLOCK * BLOCK
  end
  return out
end

return M
