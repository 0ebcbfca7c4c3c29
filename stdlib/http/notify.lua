--- notify: a word to people, over the channels that almanac.yaml names. An effect: told once, and shown
--- in a plan.
---
---     channels:
---       ops:  { kind: slack, url: "env:SLACK_WEBHOOK" }
---       page: { kind: webhook, url: "https://pager.example/hook" }
---       desk: { kind: command, argv: [logger, -t, almanac] }     # the text is on its standard input
local arguments = require "almanac.host.arguments"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local exchange = require "almanac.http.exchange"
local json = require "native.json"
local misplaced = require "almanac.base.misplaced"
local param = require "almanac.base.param"
local redaction = require "almanac.base.redaction"
local secret = require "almanac.base.secret"
local services = require "almanac.config.services"
local settings = require "almanac.config.settings"
local sh = require "almanac.host.sh"
local step = require "almanac.run.step"
local tool = require "almanac.host.tool"

local M = {}

local TIMEOUT = 30 -- seconds

local SEND = fields.declare("notify.send", {
  channel = { "text", required = true, help = "a channel of almanac.yaml" },
  text = { "text", required = true, help = "what is said" },
  optional = { "flag", help = "that it cannot be told is noted, and fails nothing" },
})

-- Channels ---------------------------------------------------------------------------------------

local function names_of(channels)
  local names = param.sorted_names(channels)
  return #names > 0 and "there are " .. table.concat(names, ", ") or "almanac.yaml names none (channels:)"
end

local function refuse(name, format, ...)
  errors.raise {
    kind = "refused", message = string.format("channel %s: ", name) .. string.format(format, ...),
    hint = "in almanac.yaml: channels: { NAME: { kind: slack | webhook, url: URL } } or { kind: command, argv: [PROGRAM, …] }",
  }
end

--- A channel of almanac.yaml, whose file was checked when it was read.
---@param name string
---@return table channel
local function channel_of(name)
  local channel = settings.channels[name]
  if not channel then
    errors.raise { kind = "refused", message = "there is no channel " .. misplaced.word(name), hint = names_of(settings.channels) }
  end
  return channel
end

--- The address: who knows it may write there, so it is treated as a secret.
local function address(name, channel)
  local found, must = secret.find("address of " .. name, channel.url)
  if not found then refuse(name, "its url must be %s", must) end
  services.hide_address(name, secret.reveal(found))
  return found
end

local function where(name, channel)
  if channel.kind == "command" then return string.format("%s (%s)", name, sh.quote(channel.argv)) end
  return string.format("%s (%s)", name, channel.kind)
end

local SLACK_ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }

--- A message of ours as Slack shows it, letter by letter: what errors and steps' names have in it mentions nobody, and has no link
--- behind other words. Slack makes a link of an address that stands there; nothing is fetched from that to be shown.
--- https://api.slack.com/reference/surfaces/formatting#escaping
local function as_text(text)
  return (text:gsub("[&<>]", SLACK_ESCAPES))
end

--- What is sent: https://api.slack.com/messaging/webhooks for slack.
local function body_of(channel, input, id, run)
  if channel.kind == "slack" and input.hook then return { text = as_text(input.text), unfurl_links = false, unfurl_media = false } end
  if channel.kind == "slack" then return { text = input.text } end
  return { text = input.text, run = run, id = id, hook = input.hook }
end

-- The effect -------------------------------------------------------------------------------------

local function post(input, channel, ctx)
  local response = exchange.request {
    method = "POST", who = "notify.send", url = secret.reveal(address(input.channel, channel)),
    timeout = input.timeout or TIMEOUT,
    body = json.encode(body_of(channel, input, ctx.id, ctx.run), { canonical = true }),
    headers = { ["Content-Type"] = "application/json", ["Idempotency-Key"] = ctx.id },
    within = { { category = "notify", names = { input.channel } } },
  }
  if response.status < 200 or response.status > 299 then
    errors.raise {
      kind = "http", status = response.status, message = string.format("channel %s answered %d: %s", input.channel,
        response.status, redaction.excerpt(response.body:gsub("%s+", " "), 200)),
      hint = "check its address in almanac.yaml (channels:)",
    }
  end
end

local function tell(input, ctx)
  local channel = channel_of(input.channel)
  if channel.kind ~= "command" then return post(input, channel, ctx) end
  local argv = channel.argv
  tool.run({
    program = argv[1], missing = "correct the channel in almanac.yaml",
    within = { { category = "notify", names = { input.channel } } },
  }, arguments.new("notify.send", table.unpack(argv, 2)), ctx.id,
    { timeout = input.timeout or TIMEOUT, stdin = input.text .. "\n" })
end

--- Whether a channel is handed an idempotency key, by which it can tell that it was told before.
---@param name string
---@return boolean
function M.has_key(name)
  local channel = settings.channels[name]
  return type(channel) == "table" and channel.kind ~= "command"
end

--- Tells a channel something, outside of every step. Raises what stands in the way.
---@param message { channel: string, text: string, id: string, run: string, hook: string, timeout: number }
function M.tell(message)
  tell(message, message)
end

effect.define("notify.send", {
  input = function(raw)
    local input = fields.check(SEND, raw)
    input.optional = input.optional or nil
    return input
  end,
  preview = function(input)
    return { summary = string.format("%s: %s", where(input.channel, channel_of(input.channel)), input.text), result = { told = true } }
  end,
  apply = function(input, ctx)
    local ok, err = errors.try(tell, input, ctx)
    if ok then return { told = true } end
    if not input.optional or errors.is_interrupt(err) then error(err, 0) end
    local in_doubt = err.in_doubt or err.kind == "timeout" or nil
    step.note(string.format("%s %s told: %s", input.channel, in_doubt and "may not have been" or "was not", err.message))
    return { told = false, in_doubt = in_doubt }
  end,
  -- Told twice does less harm than not told: but the operator decides, unless it was optional anyway.
  recover = function(input)
    if input.optional then return "done", { told = false, in_doubt = true } end
    return "unknown", "nobody can ask a channel whether it was told"
  end,
  title = function(input) return string.format("tell %s", input.channel) end,
  allow = { category = "notify", of = function(input) return input.channel end },
}, { for_people = true, predicts = { "told", "in_doubt" } })

--- Tells people something. An effect; a webhook gets the effect's id as its Idempotency-Key.
function M.send(message)
  return effect.perform("notify.send", message)
end

return M
