--- Release notes: a section for a release, put where it belongs. Pure.
local changelog = {}

local MARKERS = { "^<<<<<<<", "^=======$", "^>>>>>>>" }

local function lines_of(text)
  local out = {}
  for line in (text:gsub("\n$", "") .. "\n"):gmatch "(.-)\r?\n" do out[#out + 1] = line end
  return out
end

--- Refuses a file in which two versions were not merged to the end.
local function refuse_conflict(path, lines)
  local at = {}
  for i, line in ipairs(lines) do
    for _, marker in ipairs(MARKERS) do
      if line:find(marker) then at[#at + 1] = i end
    end
  end
  if #at > 0 then
    errors.raise { kind = "refused", message = path .. " holds a merge that nobody finished: lines " .. table.concat(at, ", "),
      hint = "merge it, commit it, then go on" }
  end
end

local function is_section(line) return line:find "^## " ~= nil end

--- Where a section begins and ends: its heading's line, and the last line that is not empty.
local function section(lines, fits)
  for i, line in ipairs(lines) do
    if is_section(line) and fits(line) then
      local last = i
      for j = i + 1, #lines do
        if is_section(lines[j]) then break end
        if lines[j]:find "%S" then last = j end
      end
      return i, last
    end
  end
end

local function named(version)
  return function(line) return (line .. " "):find("[^%w.]" .. version:gsub("%p", "%%%0") .. "[^%w.%-]") ~= nil end
end

--- What stands under "Unreleased".
local function unreleased(lines)
  local first, last = section(lines, function(line) return line:lower():find "unreleased" end)
  if not first then return nil end
  local out = {}
  for i = first + 1, last do
    if #out > 0 or lines[i]:find "%S" then out[#out + 1] = lines[i] end
  end
  return out, first, last
end

--- The notes with a section for a release: what stood under "Unreleased", else the changes that are given. One that is
--- there already is left as it is. Raises kind "refused" where a merge is not finished.
---@param path string  for errors
---@param text string
---@param release { version: string, date: string, changes: string[] }
---@return string text
---@return string[] notes  the section's lines, without its heading
function changelog.with(path, text, release)
  local lines = lines_of(text)
  refuse_conflict(path, lines)
  local there, there_last = section(lines, named(release.version))
  if there then
    local from = there + 1
    while from < there_last and not lines[from]:find "%S" do from = from + 1 end
    return text, table.move(lines, from, there_last, 1, {})
  end
  local notes, first, last = unreleased(lines)
  if not notes or #notes == 0 then
    notes = {}
    for i, change in ipairs(release.changes) do notes[i] = "- " .. change end
  end
  local entry = { string.format("## %s (%s)", release.version, release.date), "", table.unpack(notes) }
  local out = {}
  local before = first or (section(lines, function() return true end) or #lines + 1) - 1
  table.move(lines, 1, before, 1, out)
  while #out > 0 and not out[#out]:find "%S" do out[#out] = nil end
  out[#out + 1] = ""
  table.move(entry, 1, #entry, #out + 1, out)
  local rest = (last or before) + 1
  while lines[rest] and not lines[rest]:find "%S" do rest = rest + 1 end
  if lines[rest] then out[#out + 1] = "" end
  table.move(lines, rest, #lines, #out + 1, out)
  return table.concat(out, "\n") .. "\n", notes
end

return changelog
