--- A collection of the API, page by page.
local errors = require "almanac.base.errors"

local pager = {}

--- Objects of a page, where nobody asks for another number.
pager.PAGE = 500

-- The API promises no number of objects in a page, so that one with few of them may be followed by more; and a collection
-- may be large. One without an end is neither.
local FEW, SHORT_PAGES, MOST_OBJECTS = 0.1, 100, 1000000

local function endless(who, path, why)
  errors.raise { kind = "limit", message = string.format("%s: the list of %s that the API server gives has no end: %s", who, path, why),
    hint = "is it a Kubernetes API that answers there? kubectl get --raw '" .. path .. "?limit=1' shows it" }
end

local function check_end(who, path, bulk, token)
  if token == bulk.token then endless(who, path, "a page is followed by itself") end
  if bulk.short > SHORT_PAGES then endless(who, path, bulk.short .. " pages hold next to nothing, and more follow") end
  if bulk.objects > MOST_OBJECTS then endless(who, path, "more than " .. MOST_OBJECTS .. " objects") end
end

--- The pages of a collection. Where the rest can no longer be had (410), it is listed anew and whole, as client-go's pager
--- does: a page more would expire, too. Raises kind "limit" for a list that does not end, and what `fetch` raises.
--- https://github.com/kubernetes/client-go/blob/master/tools/pager/pager.go
---@param who string
---@param path string   of the collection
---@param query table<string, any>   selectors; `limit` and `continue` are set in it
---@param fetch fun(query: table): table   one page
---@return table[] pages   lists, as the API gives them
function pager.pages(who, path, query, fetch)
  local pages, bulk = {}, { short = 0, objects = 0 }
  query.limit = query.limit or pager.PAGE
  while true do
    local ok, page = errors.try(fetch, query)
    if ok then
      local count = #(page.items or {})
      local token = page.metadata and page.metadata.continue or ""
      pages[#pages + 1] = page
      if token == "" then return pages end
      bulk.objects = bulk.objects + count
      if count < FEW * (query.limit or pager.PAGE) then bulk.short = bulk.short + 1 end
      check_end(who, path, bulk, token)
      query.continue, bulk.token = token, token
    elseif page.status == 410 and bulk.token and query.limit then
      pages, bulk, query.continue, query.limit = {}, { short = 0, objects = 0 }, nil, nil
    else
      error(page, 0)
    end
  end
end

return pager
