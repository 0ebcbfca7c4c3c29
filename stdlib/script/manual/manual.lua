--- The manual: a page for each name that scripts see, of its annotations and its declared fields.
local annotations = require "almanac.script.manual.annotations"
local fields = require "almanac.base.fields"
local public = require "almanac.script.public"

local M = {}

--- What a function is called as: "k8s.get", "step".
---@param page almanac.manual.Page
---@param entry almanac.manual.Entry
---@return string
function M.full_name(page, entry)
  return entry.name == page.name and page.name or page.name .. "." .. entry.name
end

local read = {} ---@type table<string, almanac.manual.Page>

--- The page of a name.
---@param name string
---@return almanac.manual.Page
function M.page(name)
  public.load(name)
  read[name] = read[name] or annotations.read(name, public.source(name))
  return read[name]
end

local function pages_of(names)
  local out = {}
  for i, name in ipairs(names) do out[i] = M.page(name) end
  return out
end

---@return almanac.manual.Page[] in the order of their names
function M.pages() return pages_of(public.names()) end

--- Those of the names that files of tests see besides.
---@return almanac.manual.Page[]
function M.test_pages() return pages_of(public.test_names()) end

--- The declared fields that an argument's type names: "k8s.get.options".
---@param type_text string
---@return almanac.Declaration?
---@return string? function that declares them
function M.declaration(type_text)
  local who = type_text:match "([%w_.]+)%.options"
  return who and fields.of(who), who
end

--- The fields of a declaration: those that must be given first, then by name.
---@param declared table<string, almanac.Field>
---@return { name: string, spec: almanac.Field }[]
function M.sorted(declared)
  local out = {}
  for name, spec in pairs(declared) do out[#out + 1] = { name = name, spec = spec } end
  table.sort(out, function(a, b)
    local x, y = a.spec.required or false, b.spec.required or false
    if x ~= y then return x end
    return a.name < b.name
  end)
  return out
end

--- Where the fields within a field stand: "retry.times", "releases[].chart", "sh[…].code".
---@param prefix string
---@param field { name: string, spec: almanac.Field }
---@return string prefix of theirs
function M.within(prefix, field)
  local kind = field.spec[1]:match "^[^|]+"
  return prefix .. field.name .. (kind == "list" and "[]." or kind == "map" and "[…]." or ".")
end

--- The tables that methods take of what a function gives: "world.fault", in the order of their names.
---@param page almanac.manual.Page
---@param entry almanac.manual.Entry
---@return almanac.Declaration[]
function M.methods(page, entry)
  return fields.methods(M.full_name(page, entry))
end

--- How a method is said with what gives its object: "world:fault".
---@param declaration almanac.Declaration
---@return string
function M.method_name(declaration) return (declaration.who:gsub("%.([^.]+)$", ":%1")) end

--- How it is called: "k8s.get(ref, options?)".
---@param page almanac.manual.Page
---@param entry almanac.manual.Entry
---@return string
function M.signature(page, entry)
  local words = {}
  for i, value in ipairs(entry.params) do words[i] = value.name .. (value.optional and "?" or "") end
  return string.format("%s(%s)", M.full_name(page, entry), table.concat(words, ", "))
end

--- The type of an argument, for people.
---@param value almanac.manual.Value
---@return string
function M.type_of(value)
  return (value.type:gsub("[%w_.]+%.options", "table"):gsub("almanac%.Duration", "duration"):gsub("almanac%.%a*Ref", "string"))
end

--- The first sentence of a text.
---@param text string
---@return string
function M.sentence(text)
  return text:match "^(.-%.)%s" or (text:gsub("\n.*", ""))
end

--- What a field must be, with its unit.
---@param spec almanac.Field
---@return string
function M.words_of(spec)
  local words = fields.words(spec)
  return words .. (spec.unit and not words:find(spec.unit, 1, true) and " (" .. spec.unit .. ")" or "")
end

--- What stands where a field is absent: "required", "", or the default as it is written.
---@param spec almanac.Field
---@return string
function M.default_of(spec)
  if spec.required then return "required" end
  if spec.shown_default then return spec.shown_default end
  if spec.default == nil then return "" end
  if type(spec.default) ~= "table" then return "`" .. tostring(spec.default) .. "`" end
  local words = {}
  for i, item in ipairs(spec.default) do words[i] = tostring(item) end
  return #words > 0 and "`{ " .. table.concat(words, ", ") .. " }`" or "`{}`"
end

--- What a name means: "k8s" a page, "k8s.apply" an entry of it, "step" a page's only one.
---@param name string
---@return almanac.manual.Page?
---@return almanac.manual.Entry?
function M.find(name)
  local head = name:match "^[^.]+"
  if not head or not (public.has(head) or public.has_test(head)) then return nil end
  local page = M.page(head)
  for _, entry in ipairs(page.entries) do
    if M.full_name(page, entry) == name then return page, entry end
  end
  return name == head and page or nil
end

--- Every name that M.find knows.
---@return table<string, true>
function M.names()
  local out = {}
  for _, pages in ipairs { M.pages(), M.test_pages() } do
    for _, page in ipairs(pages) do
      out[page.name] = true
      for _, entry in ipairs(page.entries) do out[M.full_name(page, entry)] = true end
    end
  end
  return out
end

--- The full names of the entries that a page has under a name.
---@param name string  "apply"
---@return string[]    "k8s.apply", "kustomize.apply", in the order of the alphabet
function M.ending_in(name)
  local out = {}
  for full in pairs(M.names()) do
    if full:match "%.([^.]+)$" == name then out[#out + 1] = full end
  end
  table.sort(out)
  return out
end

--- The entries whose text tells of a method of what they give: "run" and "pass" stand with world.
---@param name string  of the method
---@return string[] full names, in the order of the alphabet
function M.telling_of(name)
  local out = {}
  for _, pages in ipairs { M.pages(), M.test_pages() } do
    for _, page in ipairs(pages) do
      for _, entry in ipairs(page.entries) do
        if entry.text:find("`" .. name .. "(", 1, true) then out[#out + 1] = M.full_name(page, entry) end
      end
    end
  end
  table.sort(out)
  return out
end

--- Whether an entry is a value and no function.
---@param page almanac.manual.Page
---@param entry almanac.manual.Entry
---@return boolean
function M.is_constant(page, entry)
  local value = public.value(page.name)
  return type(value) == "table" and type(value[entry.name]) ~= "function"
end

return M
