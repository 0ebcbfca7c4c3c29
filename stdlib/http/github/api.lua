--- GitHub's REST API: where it is, its pages, and its limits in words.
--- https://docs.github.com/en/rest/using-the-rest-api
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local json = require "native.json"
local services = require "almanac.http.service"
local shape = require "almanac.base.shape"
local task = require "native.task"

local M = {}

local PER_PAGE = 100 -- the most that it gives

--- What a refusal says when too much was asked; nothing for any other.
--- https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
---@param response { status: integer, headers: table<string, string>, body: string }
---@return string? meaning
---@return string? hint
local function limit_reached(response)
  if response.status ~= 403 and response.status ~= 429 then return nil end
  local headers = response.headers or {}
  local wait = tonumber(headers["retry-after"])
  local is_used_up = headers["x-ratelimit-remaining"] == "0"
  if not wait and not is_used_up and not tostring(response.body):lower():find("rate limit", 1, true) then return nil end
  local reset = is_used_up and tonumber(headers["x-ratelimit-reset"])
  if not wait and reset then wait = math.max(1, math.ceil(reset - task.wall_ms() / 1000)) end
  local limit = is_used_up and headers["x-ratelimit-limit"]
  return string.format("GitHub's rate limit is reached%s", limit and string.format(" (%s requests an hour)", limit) or ""),
    wait and string.format("try again in %s; a token (endpoints.github) has more than nobody", duration.format(wait))
      or "try again in some minutes"
end

--- Refuses what is no repository, before it comes into a URL.
---@param who string
---@param repo string
---@return string repo
function M.check_repo(who, repo)
  local owner, name = repo:match "^([%w_.%-]+)/([%w_.%-]+)$"
  if owner and not (owner .. "/" .. name .. "/"):find "%f[^\0/]%.%.?/" then return repo end
  errors.usage("%s: repo must be OWNER/NAME, not %q", who, repo)
end

---@param who string
---@param repo string  the repository that is asked about
---@return almanac.Service
function M.open(who, repo)
  return services.open(who, "github", {
    default = "https://api.github.com", explain = limit_reached, within = { { category = "github", names = { repo } } },
    headers = {
      Accept = "application/vnd.github+json", ["X-GitHub-Api-Version"] = "2022-11-28", ["User-Agent"] = "almanac",
    },
  })
end

local function refuse(service, path, why)
  errors.raise {
    kind = "protocol", message = string.format("%s: %s%s answered %s", service.who, service.url, path, why),
    hint = "is endpoints.github of almanac.yaml the base URL of its API, with nothing before it that answers?",
  }
end

--- The list in an answer. What has none is no empty one: by that there would be no checks, and no issue that was made.
local function list_of(service, path, answer, list)
  local found = answer
  if list.field then found = answer[list.field] end
  local wrong = not json.is_array(found) and "." or shape.wrong(found, { list = list.item })
  if not wrong then return found end
  refuse(service, path, string.format("no list%s as it must be (%s)", list.field and " of " .. list.field or "", wrong))
end

---@class almanac.github.List  what a list is, and each item of it
---@field item table       the shape of what is read of an item
---@field field? string    where the answer is an object: the name of its list; it has a total_count, too

--- The items of a list, page by page as they are wanted. Raises kind "protocol" where an answer is none, or says that there are
--- more than it has.
---@param service almanac.Service
---@param path string
---@param query table<string, any>
---@param what almanac.github.List
---@return fun(): table?
function M.items(service, path, query, what)
  local page, list, at, seen, total, is_last = 0, {}, 0, 0, nil, false
  return function()
    while at >= #list do
      if is_last then
        if what.field and seen < total then
          refuse(service, path, string.format("%d of the %d %s that it says there are", seen, total, what.field))
        end
        return nil
      end
      page, at = page + 1, 0
      local asked = { per_page = PER_PAGE, page = page }
      for name, value in pairs(query) do asked[name] = value end
      local answer, headers = services.read(service, path, asked)
      list, total = list_of(service, path, answer, what), math.tointeger(answer.total_count)
      if what.field and not total then refuse(service, path, "without a total_count") end
      seen, is_last = seen + #list, not tostring(headers.link):find('rel="next"', 1, true)
    end
    at = at + 1
    return list[at]
  end
end

return M
