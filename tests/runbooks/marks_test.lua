-- Marks in Grafana of rollout, its way back, and rollback: each once, with the id of its effect; a Grafana that is down fails
-- nothing. (cutover marks in the same way; its run is in canary_test.lua.)
local devnet = require "tests.devnet"
local fake_grafana = require "tests.fake_grafana"
local t = require "tests.harness"

--- What is marked: texts in their order; each has the release's tag, that of its kind, and the id of an effect of its own.
local function texts(grafana)
  local out, ids = {}, {}
  for i, annotation in ipairs(grafana.annotations) do
    local id = annotation.tags[#annotation.tags]
    t.ok(id:find "^almanac:%x+$" and not ids[id], id)
    t.eq(annotation.tags[1], devnet.release)
    ids[id], out[i] = true, annotation.text .. " [" .. table.concat(annotation.tags, " ", 2, #annotation.tags - 1) .. "]"
  end
  return out
end

t.test("beginning, end and the way back are marked once, killed or not; Grafana down fails nothing", function()
  local grafana = fake_grafana.start()
  local world = devnet.start { prometheus = true, history = 1200 }
  local function configure(dashboards)
    world:configure { vars = { devnet = { dashboards = dashboards } }, endpoints = {
      prometheus = world.prometheus, loki = world.loki, grafana = { url = grafana.url, token = "t0ken" } } }
  end
  configure { Node = "animica-node" }
  local ROLLOUT = { "run", "rollout", "tag=" .. devnet.new, "observe=1s" }

  local p -- killed when Grafana has the mark, and before almanac knows
  grafana.on_post = function()
    grafana.on_post = nil
    p:kill "KILL"
  end
  p = world:spawn(ROLLOUT)
  p:wait()
  world:almanac(0, { "resume", "--no-ask" })
  local begun = string.format("rollout of %s begins [rollout %s]", devnet.new, devnet.new)
  local over = string.format("rollout of %s is over [rollout %s]", devnet.new, devnet.new)
  t.eq(texts(grafana), { begun, over })

  world:almanac(0, { "rollback", world:last_run() })
  t.eq(world:node_tag(), devnet.old)
  t.eq(texts(grafana), { begun, over, string.format("rollout of %s was taken back [rollback rollout %s]", devnet.new, devnet.new) })

  grafana.is_down = true
  local _, err = world:almanac(0, { "run", "rollback", "to=" .. devnet.new })
  t.eq(world:node_tag(), devnet.new)
  t.has(err, "the annotation")
  grafana.is_down = false
  world:almanac(0, { "run", "rollback", "to=" .. devnet.old })
  t.eq({ table.unpack(texts(grafana), 4) }, { string.format("rollback of animica-devnet to %s begins [rollback]", devnet.old),
    string.format("rollback of animica-devnet to %s is over [rollback]", devnet.old) })

  configure {} -- without a dashboard there is nothing to be marked
  t.lacks(world:almanac(2, { "plan", "rollback", "to=" .. devnet.new }), "annotate Grafana")
end)
