--- What CI says of a commit: GitHub's checks, or an URL of another CI.
local ci = {}

local function refuse(format, ...)
  errors.raise { kind = "refused", message = string.format(format, ...), hint = "see what failed, and why: tests/GATES.md" }
end

local function ask_github(c, commit)
  local checks = github.checks { repo = c.repository, ref = commit }
  local green = {}
  for _, name in ipairs(checks.green) do green[name] = true end
  if checks.verdict == "red" then refuse("CI is red for %s: %s", commit, table.concat(checks.red, ", ")) end
  if checks.verdict == "none" then refuse("%s has no checks of %s: nothing says that it is green", c.repository, commit) end
  if checks.verdict == "pending" then
    errors.raise { kind = "gate", message = "CI is not over: " .. table.concat(checks.pending, ", ") }
  end
  for _, name in ipairs(c.ci_required) do
    if not green[name] then refuse("the check %s is not among the green ones of %s: %s", name, commit, table.concat(checks.green, ", ")) end
  end
  return { commit = commit, green = checks.green }
end

local function ask_url(c, commit)
  local url = c.ci_url:gsub("{commit}", commit)
  local answer = http.get(url, { expect = "any" })
  if answer.status == 202 then errors.raise { kind = "gate", message = "CI is not over: " .. url .. " answers 202" } end
  if answer.status > 299 then refuse("CI is not green for %s: %s answers %d", commit, url, answer.status) end
  return { commit = commit, green = { url } }
end

--- Options of the step that asks: checks that are not over are waited for.
function ci.patience(c)
  local times = math.max(1, math.floor(c.ci_wait / c.ci_poll))
  return { retry = { times = times, delay = c.ci_poll, factor = 1, on = { "gate" } } }
end

--- That CI is green for a commit. A read; raises "refused" where it is red, and "gate" where it is not over.
---@param c table
---@param commit string
---@return { commit: string, green: string[] }
function ci.green(c, commit)
  if c.repository then return ask_github(c, commit) end
  if c.ci_url then return ask_url(c, commit) end
  errors.raise { kind = "refused", message = "almanac.yaml says nowhere what CI says",
    hint = "vars.devnet.repository: OWNER/NAME on GitHub, or vars.devnet.ci_url" }
end

return ci
