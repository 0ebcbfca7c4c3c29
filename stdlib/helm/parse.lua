--- What helm 3 and helm 4 print, as data. Pure: text in, tables out. What they print was recorded
--- with 3.16 and 4.1.

local M = {}

---@class almanac.HelmRevision
---@field revision integer
---@field status string        deployed, superseded, failed, uninstalled, pending-install|upgrade|rollback, …
---@field description string
---@field updated string       as helm writes it
---@field chart string         name-version
---@field app_version string
---@field server_side boolean  applied so

--- The major version and the whole of `helm version --short` ("v3.16.1+g5a5449d").
---@param text string
---@return integer? major
---@return string? version
function M.version(text)
  local version, major = text:match "(v(%d+)%.%d+%.%d+%S*)"
  return major and math.tointeger(tonumber(major)), version
end

--- Whether a revision of that status was applied to its end.
---@param status string
function M.is_good(status)
  return status == "deployed" or status == "superseded"
end

--- The newest revision below the current one that was once good. Not simply the one before it,
--- which may have failed, or be one that a killed helm left pending.
---@generic T: { status: string }
---@param history T[] oldest first
---@return T?
function M.previous_good(history)
  for i = #history - 1, 1, -1 do
    if M.is_good(history[i].status) then return history[i] end
  end
end

---@param status string
function M.is_pending(status)
  return status:find("^pending%-") ~= nil
end

--- The mark of an effect in a description, and a description with one.
---@param id string effect id
function M.mark(id)
  return "[almanac " .. id .. "]"
end

--- The revision whose description carries the effect's mark.
---@param history almanac.HelmRevision[]
---@param id string effect id
---@return almanac.HelmRevision?
function M.marked(history, id)
  for i = #history, 1, -1 do
    if history[i].description:find(M.mark(id), 1, true) then return history[i] end
  end
end

-- Errors -----------------------------------------------------------------------------------------

--- stderr without what is no error: warnings about the kubeconfig's mode, log lines, deprecations.
local function without_noise(stderr)
  local out = {}
  for line in (stderr .. "\n"):gmatch "(.-)\r?\n" do
    local noise = line:find "^WARNING: " or line:find "^[IWE]%d%d%d%d %d%d:%d%d:%d%d" or line:find "^level=%u+ "
      or line:find "^time=%S+ level=%u+ " or line:find "^W%d+ .*deprecated" or line == ""
      or line:find "^Use \"helm .* %-%-help\"" or line:find "^Usage:"
    if not noise then out[#out + 1] = line end
  end
  return table.concat(out, "\n")
end

--- The message behind "Error:", without "UPGRADE FAILED:" and the like: it goes to the end, since
--- helm puts one problem of several to a line.
local function message_of(text)
  local message = text:match "^Error: (.*)" or text:match "\nError: (.*)" or text
  message = message:gsub("^[%u ]+ FAILED: ", ""):gsub("%s+$", "")
  return message
end

--- The path of a field at the beginning of a text: `.a.b[name="x y"].c`. What helm puts behind it, of a rollback that
--- failed too, is none of it.
local function field_at(text)
  local at = 1
  while true do
    local to = text:match('^%[[^%]"]*()', at)
    while to and text:find('^"', to) do to = text:match('^"[^"]*"[^%]"]*()', to) end
    local ended = to and text:match("^%]()", to) or text:match("^[^%s%[]+()", at)
    if not ended then break end
    at = ended
  end
  return (text:sub(1, at - 1):gsub("[:,;]+$", ""))
end

--- The fields of an object's conflicts. One is `conflict with "M" using V: .a.b`; several are
--- `conflicts with "M" using V:` and a line `- .a.b` for each, for each manager.
local function conflicts_of(object, text, add_to)
  local marked = text:gsub("conflicts? with \"", "\0%0")
  for part in (marked .. "\0"):gmatch "(.-)%z" do
    local manager, rest = part:match '^conflicts? with "(.-)"(.*)'
    if manager then
      local version = rest:match "^.- using ([%w%./]+)"
      local function add(field)
        add_to {
          kind = object.kind, namespace = object.namespace, name = object.name,
          manager = manager, api_version = version and version:gsub("[:%.]+$", "") or nil, field = field_at(field),
        }
      end
      local listed = false
      for field in rest:gmatch "\n%- (%.[^\n]*)" do
        listed = true
        add(field)
      end
      local single = not listed and rest:match ": (%.[^\n]*)"
      if single then add(single) end
    end
  end
end

--- Server-side apply conflicts in helm's words, one entry a field.
---@param text string
---@return { kind: string, namespace: string?, name: string, manager: string, api_version: string?, field: string }[]
function M.conflicts(text)
  local out, known = {}, {}
  -- A rollback that meets them again says them again.
  local function add(one)
    local key = table.concat({ one.kind or "", one.namespace or "", one.name, one.manager, one.field }, "\0")
    if not known[key] then table.insert(out, one) end
    known[key] = true
  end
  local marked = text:gsub("conflict occurred while applying object ", "\0%0")
  for part in (marked .. "\0"):gmatch "(.-)%z" do
    local ref, rest = part:match "^conflict occurred while applying object (%S+) (.*)"
    if ref then
      local namespace, name = ref:match "^(.-)/(.*)$"
      if namespace == "" then namespace = nil end
      conflicts_of({ namespace = namespace, name = name or ref, kind = rest:match "Kind=(%w+)" }, rest, add)
    end
  end
  return out
end

--- Where a template is wrong: file and line as helm names them, under the chart's own name.
---@param text string
---@return { file: string, line: integer?, column: integer? }?
function M.template_place(text)
  local file, line, column = text:match "template: ([^%s:]+):(%d+):(%d+)"
  if not file then file, line, column = text:match "([^%s:]+):(%d+):(%d+)\n%s+executing " end -- helm 4
  if not file then file, line = text:match "parse error at %(([^%s:]+):(%d+)%)" end
  if not file then file, line = text:match "template: ([^%s:]+):(%d+):" end
  if not file then
    file = text:match "YAML parse error on (%S+):"
    line = file and text:match "line (%d+)"
  end
  if not file then return nil end
  return { file = file, line = math.tointeger(tonumber(line)), column = math.tointeger(tonumber(column)) }
end

--- Whether a helm that failed did so in a hook.
---@param stderr string
function M.is_hook_failure(stderr)
  return stderr:find "hooks failed" ~= nil or stderr:find "failed p%l+%-%l+" ~= nil or stderr:find "warning: Hook %S+ " ~= nil
end

local function conflict_hint(conflicts)
  local managers, seen = {}, {}
  for _, c in ipairs(conflicts) do
    if not seen[c.manager] then
      seen[c.manager] = true
      managers[#managers + 1] = c.manager
    end
  end
  return string.format("%s changed these fields behind helm's back; objects before the first conflict are changed " ..
    "already. Put the value into the chart, or take the fields back with force_conflicts = true",
    table.concat(managers, ", "))
end

--- The words that say what a failure is: a pattern, the kind of the error, and what to do next.
local causes = {
  { "[Kk]ubernetes cluster unreachable", "network",
    "check the kubeconfig and the context, and that the API server answers" },
  { "another operation %(install/upgrade/rollback%) is in progress", "busy",
    "another helm is at work on this release, or one was killed: look at helm history" },
  { "failed to download ", "not_found", "check the chart's name and version" },
  { "repo %S+ not found", "not_found", "the chart is neither a directory here nor in a repository that helm knows" },
  { "non%-absolute URLs should be in form of repo_name/path_to_chart", "not_found",
    "the chart is neither a directory here nor in a repository that helm knows" },
  { "missing in charts/ directory", "not_found", "the charts that it depends on are not there: helm dependency build fetches them" },
  { "server gave HTTP response to HTTPS client", "network", "the registry has no TLS: plain_http = true, if that is meant" },
  { "path \".-\" not found", "not_found", "check the path of the chart" },
  { "Chart%.yaml file is missing", "not_found", "the chart must be a directory with a Chart.yaml" },
  { "[Uu]nauthorized", "auth", "the credentials of the kubeconfig are expired or refused; log in again" },
  { "is forbidden", "auth", "this user may not do that; ask for the role, or use another context" },
  { "x509: ", "tls", "the API server's certificate is not the one that the kubeconfig trusts" },
  { "release: not found", "not_found", "no release of that name in that namespace; helm list -A shows them" },
  { "has no deployed releases", "helm",
    "where there is no such release, install = true makes it; where no revision was ever good, uninstall it first" },
  { "forceConflicts enabled when serverSideApply disabled", "helm",
    "the release was last applied client-side, by helm 3, where no conflict can be forced: leave force_conflicts out" },
}

--- A helm that failed, as the fields of an error.
---@param stderr string
---@param action string what was done, e.g. 'helm upgrade animica-devnet'
---@return { kind: string, message: string, hint: string?, stderr: string, conflicts: table?, template: table? }
function M.failure(stderr, action)
  local text = without_noise(stderr)
  local message = message_of(text)
  local err = { kind = "helm", message = action .. " failed: " .. message, stderr = text }
  local conflicts = M.conflicts(text)
  if #conflicts > 0 then
    local lines = {
      string.format("%s failed: %d field%s in conflict", action, #conflicts, #conflicts > 1 and "s are" or " is"),
    }
    for _, c in ipairs(conflicts) do
      lines[#lines + 1] = string.format("  %s %s: %s is held by %q", c.kind or "object", c.name, c.field, c.manager)
    end
    err.message, err.conflicts, err.hint = table.concat(lines, "\n"), conflicts, conflict_hint(conflicts)
    return err
  end
  for _, cause in ipairs(causes) do
    if text:find(cause[1]) then
      err.kind, err.hint = cause[2], cause[3]
      return err
    end
  end
  err.template = M.template_place(text)
  if err.template then
    err.hint = string.format("the chart does not render: look at %s%s", err.template.file,
      err.template.line and ", line " .. err.template.line or "")
  end
  if message == "" then err.message = action .. " failed and said nothing" end
  return err
end

return M
