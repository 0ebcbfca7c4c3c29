-- How a plan that was signed stands, in words.
local signatures = require "almanac.session.plan_signatures"
local t = require "tests.harness"

local function judgement(names, quorum)
  local accepted = {}
  for i, name in ipairs(names) do accepted[i] = { principal = name } end
  return { accepted = accepted, refused = {}, quorum = quorum, missing = quorum - #names }
end

t.test("one that lacks signatures says how the next is given; a bare name would be taken for a run", function()
  t.eq(signatures.describe("plan.json", judgement({ "ann" }, 2)),
    { "signed plan.json: 1 of 2 (ann); it takes 1 more: almanac approve plan.json --sign" })
  t.has(signatures.describe("plan", judgement({ "ann" }, 2))[1], "almanac approve ./plan --sign")
end)

t.test("one that has them says how it is run, and where it says itself that its run would stop", function()
  t.eq(signatures.describe("p.json", judgement({ "ann", "ben" }, 2)),
    { "signed p.json: 2 of 2 (ann, ben)", "  run it:  almanac run --plan p.json" })
  t.eq(signatures.describe("p.json", judgement({ "ann" }, 1), "it fails"), { "signed p.json: 1 of 1 (ann)",
    "  ! it says that its run would stop: it fails", "  run it all the same: almanac run --plan p.json --anyway" })
end)
