--- The version in the repository's files, and the tags made of it.
local versions = {
  TAG = "^v%d+%.%d+%.%d+%-%x+$", -- what an image's tag looks like: v0.5.0-a1b2c3d
}

--- What stands for a version in a text: 0.5.0, 0.5.0-rc.1, 0.4.2-0f9e8d7.
local VERSION = "%d+%.%d+%.%d+[%w%.%-+]*"

local function literally(text) return (text:gsub("%p", "%%%0")) end

--- A text with the version put in everywhere that a template such as `version = "{version}"` fits. Pure.
---@param text string
---@param template string
---@param version string  without v
---@return string text
---@return integer count  of places
function versions.bump(text, template, version)
  local before, after = template:match "^(.-){version}(.*)$"
  if not before then
    errors.raise { kind = "refused", message = string.format("vars.devnet.version_files: %q has no {version} in it", template) }
  end
  local pattern = literally(before) .. VERSION .. literally(after)
  local put = before .. version .. after
  return text:gsub(pattern, function() return put end)
end

--- The files that hold the version, with their new texts. A read.
---@param version_files table<string, string>  template by pattern of files
---@param version string  without v
---@return { path: string, text: string }[]
function versions.files(version_files, version)
  if next(version_files) == nil then
    errors.raise { kind = "refused", message = "vars.devnet.version_files names no file that holds the version",
      hint = 'in almanac.yaml, for example: version_files: { "*/version.py": \'__version__ = "{version}"\' }' }
  end
  local out, by_path = {}, {}
  for pattern, template in pairs(version_files) do
    local paths = fs.list(pattern)
    if #paths == 0 then
      errors.raise { kind = "refused", message = "vars.devnet.version_files: no file is " .. pattern,
        hint = "correct the pattern in almanac.yaml, or take it out" }
    end
    for _, path in ipairs(paths) do
      local file = by_path[path] or { path = path, text = fs.read(path) }
      local text, count = versions.bump(file.text, template, version)
      if count == 0 then
        errors.raise { kind = "refused", message = string.format("%s has no %s", path, template),
          hint = "correct the text in almanac.yaml (vars.devnet.version_files), or the file" }
      end
      if not by_path[path] then out[#out + 1], by_path[path] = file, file end
      file.text = text
    end
  end
  table.sort(out, function(a, b) return a.path < b.path end)
  return out
end

--- The tag of the images: v0.5.0 of commit a1b2c3d is v0.5.0-a1b2c3d.
---@param version string  with v
---@param short string
---@return string
function versions.image_tag(version, short) return version .. "-" .. short end

--- The tag of an image: nil where it has none, as one that is named by its digest. Pure.
---@param image string  "HOST:PORT/NAME:TAG"
---@return string?
function versions.tag_of(image) return image:match ":([^:/@]+)$" end

--- What an image's tag was made of. Pure.
---@param tag string
---@return string version  with v
---@return string short    commit
function versions.parts(tag)
  local version, short = tag:match "^(v%d+%.%d+%.%d+)%-(%x+)$"
  if not version then
    errors.raise { kind = "usage", message = tag .. " is no tag of a release", hint = "such as v0.5.0-a1b2c3d" }
  end
  return version, short
end

return versions
