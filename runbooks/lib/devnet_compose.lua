--- The devnet of a Compose file: brought to a tag, seen healthy, and back to the tag before.
local versions = require "lib.versions"

local stack = {}

--- What every call of compose is given.
---@param c table  of config.read
---@param tag string
local function project(c, tag, more)
  local out = { dir = c.compose_dir, files = c.compose_files, env = { IMAGE_TAG = tag } }
  for key, value in pairs(more or {}) do out[key] = value end
  return out
end

--- What runs: images of a release tell its tag, others (a database) tell nothing. Pure.
---@param rows { image: string }[]
---@return { running: boolean, tags: string[] }  tags: sorted
function stack.standing(rows)
  local tags, seen = {}, {}
  for _, row in ipairs(rows) do
    local tag = versions.tag_of(row.image)
    if tag and tag:find(versions.TAG) and not seen[tag] then tags[#tags + 1], seen[tag] = tag, true end
  end
  table.sort(tags)
  return { running = #rows > 0, tags = tags }
end

--- Brings the services to a tag.
function stack.up(c, tag)
  return compose.up(project(c, tag, { timeout = "15m" }))
end

--- Takes all containers away. Volumes stay.
function stack.down(c, tag)
  return compose.down(project(c, tag))
end

--- Back to the tag before; where nothing ran, to nothing. Of several tags none was it: somebody says which.
---@param before { running: boolean, tags: string[] }
function stack.back(c, before, tag)
  if not before.running then return stack.down(c, tag) end
  if #before.tags ~= 1 then
    errors.raise { kind = "refused", message = "what ran in " .. c.compose_dir .. " before was of "
      .. (#before.tags == 0 and "no release" or "several: " .. table.concat(before.tags, ", ")),
      hint = "say which it shall be: almanac run rollback with=compose to=TAG" }
  end
  return stack.up(c, before.tags[1])
end

--- That every service runs, and is healthy where it says so. A read.
function stack.healthy(c, tag)
  local rows = compose.ps(project(c, tag))
  local bad = {}
  for _, row in ipairs(rows) do
    local state = row.state == "running" and row.health or row.state
    if state ~= "running" and state ~= "healthy" then bad[#bad + 1] = row.service .. " is " .. state end
  end
  if #rows == 0 then bad[1] = "no container is there" end
  if #bad > 0 then
    errors.raise { kind = "gate", verdict = "fail", message = "the services of " .. c.compose_dir .. ": " .. table.concat(bad, ", "),
      hint = "docker compose logs says why" }
  end
  return rows
end

--- Pulls, brings up, sees healthy: a part of a run.
---@param c table
---@param p { tag: string }
function stack.roll(c, p)
  local before = step("read the tag that runs", function() return stack.standing(compose.ps(project(c, "unset"))) end)

  step("pull the images", { when = c.compose_pull }, function() return compose.pull(project(c, p.tag, { timeout = "15m" })) end)

  step("bring the services up", { undo = function() stack.back(c, before, p.tag) end }, function()
    return stack.up(c, p.tag)
  end)

  local patience = { times = c.compose_patience // 1, delay = "1s", factor = 1, on = { "gate" } }
  step("services are healthy", { retry = patience }, function()
    return stack.healthy(c, p.tag)
  end)
  return { tag = p.tag, before = before.tags }
end

return stack
