-- A list of the API that ends, one whose rest expires, and ones that never end.
local pager = require "almanac.k8s.pager"
local t = require "tests.harness"

local PATH = "/api/v1/namespaces/shop/configmaps"

--- Fetches what `answer` says of each page, and keeps what was asked.
local function fetching(answer)
  local asked = {}
  return asked, function(query)
    asked[#asked + 1] = { query.limit, query.continue }
    local items, token, raised = answer(#asked, query)
    if raised then error(raised, 0) end
    return { items = items, metadata = { continue = token, resourceVersion = "7" } }
  end
end

t.test("pages follow each other until one names no next; an empty one may be among them", function()
  local asked, fetch = fetching(function(n) return n == 2 and {} or { { n = n } }, n < 3 and "after " .. n or nil end)
  local pages = pager.pages("k8s.list", PATH, { labelSelector = "app=x" }, fetch)
  t.eq({ #pages, pages[1].items[1].n, #pages[2].items, pages[3].items[1].n }, { 3, 1, 0, 3 })
  t.eq(asked, { { 500 }, { 500, "after 1" }, { 500, "after 2" } })
end)

t.test("what expired is listed anew, whole, and once", function()
  local gone = { kind = "api", status = 410, message = "the continue parameter is too old" }
  local asked, fetch = fetching(function(n)
    if n == 2 then return nil, nil, gone end
    return { { n = n } }, n == 1 and "rest" or nil
  end)
  local pages = pager.pages("k8s.list", PATH, {}, fetch)
  t.eq({ #pages, pages[1].items[1].n }, { 1, 3 })
  t.eq(asked, { { 500 }, { 500, "rest" }, {} })
  local count = 0
  local err = t.raises("api", pager.pages, "k8s.list", PATH, {}, function(query)
    count = count + 1
    if query.continue then error(gone, 0) end
    return { items = {}, metadata = { continue = "rest" } }
  end)
  t.eq({ err.status, count }, { 410, 4 })
end)

for what, answer in pairs {
  ["a page is followed by itself"] = function() return { {} }, "the same" end,
  ["101 pages hold next to nothing, and more follow"] = function(n) return n % 2 == 0 and {} or { {} }, "after " .. n end,
  ["more than 1000000 objects"] = function(n)
    local items = {}
    for i = 1, 100000 do items[i] = false end
    return items, "after " .. n
  end,
} do
  t.test("a list has no end: " .. what, function()
    local _, fetch = fetching(answer)
    local err = t.raises("limit", pager.pages, "k8s.list", PATH, {}, fetch)
    t.eq(err.message, "k8s.list: the list of " .. PATH .. " that the API server gives has no end: " .. what)
    t.has(err.hint, "kubectl get --raw '" .. PATH)
  end)
end
