--- Section 10 of the devnet's procedure: whether the explorer, the services and the node answer.
---
--- When: at any time. Touches: nothing. Undone: there is nothing to undo.
local config = require "lib.config"

--- Where a part says that it is healthy.
local function place_of(urls, part)
  if not urls[part] then
    errors.raise { kind = "refused", message = "almanac.yaml has no vars.devnet.urls." .. part,
      hint = "urls: { " .. part .. ": https://… }" }
  end
  return (urls[part]:gsub("/rpc$", ""):gsub("/+$", "")) .. "/healthz"
end

return runbook {
  summary = "Ask the devnet's parts whether they are healthy",
  params = {
    parts = param.list { default = { "explorer" }, help = "of vars.devnet.urls: explorer, services, rpc, da" },
  },
  allow = { read = { http = { "**" } } },
  vars = { devnet = config.declaration },
  run = function(p)
    local c = step("read almanac.yaml", config.read)
    local branches = {}
    for _, part in ipairs(p.parts) do
      branches[part] = function()
        local answer = http.get(place_of(c.urls, part), { timeout = "10s" })
        note(string.format("%s answers %d", part, answer.status))
        return { status = answer.status }
      end
    end
    return parallel("healthz", branches)
  end,
}
