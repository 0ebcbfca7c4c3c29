--- The server of pages: what a path means, who may ask for it, and a run's events as they come.
local access = require "almanac.serve.access"
local actions = require "almanac.serve.actions"
local audit = require "almanac.session.audit"
local errors = require "almanac.base.errors"
local find = require "almanac.journal.find"
local followers = require "almanac.journal.follower"
local forms = require "almanac.serve.form"
local moment = require "almanac.base.moment"
local pages = require "almanac.serve.pages"
local questions = require "almanac.session.questions"
local reports = require "almanac.report.load"
local store = require "almanac.journal.store"
local task = require "native.task"

local M = {}

local BODY_MAX = 64 << 10
local LOOK_SECONDS, BEAT_SECONDS = 0.5, 15
local RUNS_MAX = 100

--- No header of an answer holds what a client sent.
local function headers_of(policy, more)
  local headers = {
    ["Content-Type"] = "text/html; charset=utf-8", ["Cache-Control"] = "no-store", ["X-Content-Type-Options"] = "nosniff",
    ["X-Frame-Options"] = "DENY", ["Referrer-Policy"] = "same-origin", ["Cross-Origin-Opener-Policy"] = "same-origin",
    ["Cross-Origin-Resource-Policy"] = "same-origin", ["Content-Security-Policy"] = policy .. "; frame-ancestors 'none'",
  }
  for name, value in pairs(more or {}) do headers[name] = value end
  return headers
end

local function fail(response, request, status, title, text, hint)
  local html, policy = pages.failure(title, text, hint, request.base)
  response:send(status, headers_of(policy), html)
end

local function go_to(response, base, path, more)
  local html, policy = pages.failure("elsewhere", "It is at another place.", nil, base)
  local headers = headers_of(policy, more)
  headers.Location = base .. path
  response:send(303, headers, html)
end

--- The run that a path names, by its whole id.
local function row_of(journal, path)
  local id, rest = path:match "^/run/([%w._-]+)(/?%l*)$"
  return id and journal:run(id) or nil, rest
end

local function wanted_of(query)
  local function given(name) return query[name] and query[name] ~= "" and query[name] or nil end
  local name, value = (given "param" or ""):match "^([^=]+)=(.*)$"
  local since = given "since"
  local statuses
  for word in (given "status" or ""):gmatch "%l+" do
    statuses = statuses or {}
    statuses[#statuses + 1] = word
  end
  return {
    runbook = given "runbook", statuses = statuses, operator = given "by", environment = given "env",
    params = name and { [name] = value } or nil, limit = RUNS_MAX,
    since_ms = since and math.floor(moment.parse("since", since, task.wall_ms() / 1000) * 1000) or nil,
  }
end

local function show_runs(response, request)
  local journal <close> = store.open "ro"
  local list = find.runs(journal, wanted_of(request.query))
  for _, found in ipairs(list) do found.broken = store.broken(journal, found.id) end
  local html, policy = pages.runs(list, request.query, request.base)
  response:send(200, headers_of(policy), html)
end

--- What can be answered of a run; one that is under way is asked at its own terminal, and what a changed record asks
--- is not to be believed either.
local function questions_of(journal, report)
  if report.run.status ~= "waiting" or report.journal.broken then return {} end
  local open, pending = questions.open(journal, report.run.id)
  return table.move(pending, 1, #pending, #open + 1, open)
end

local function show_run(response, request, journal, row, guard)
  local report = reports.report(journal, row)
  audit.add_to(report, journal)
  local html, policy = pages.run(report, {
    base = request.base, token = guard:form_token(),
    questions = questions_of(journal, report), running = actions.process_of(journal, row.id) ~= nil,
  })
  response:send(200, headers_of(policy), html)
end

--- Says each time how many events the journal has of a run and of those that it made, until the reader goes.
local function tell(response, journal, id)
  response:start(200, { ["Content-Type"] = "text/event-stream", ["Cache-Control"] = "no-store" })
  local follower, count, told, spoke = followers.new(journal, id), 0, -1, task.now()
  while not response:closed() do
    follower:read(function() count = count + 1 end)
    if count ~= told then
      told, spoke = count, task.now()
      response:write(string.format("data: %d\n\n", count))
    elseif task.now() - spoke > BEAT_SECONDS then
      spoke = task.now()
      response:write ":\n\n"
    end
    task.sleep(LOOK_SECONDS)
  end
end

local function look(response, request, guard)
  if request.path == "/" then return show_runs(response, request) end
  local journal <close> = store.open "ro"
  local row, rest = row_of(journal, request.path)
  if row and rest == "" then return show_run(response, request, journal, row, guard) end
  if row and rest == "/events" then return tell(response, journal, row.id) end
  fail(response, request, 404, "not found", "There is no such page.")
end

local function act(response, request, guard, who)
  local journal <close> = store.open "ro"
  local row, rest = row_of(journal, request.path)
  local fields = forms.fields(request.body)
  local refusal = guard:refusal(request, fields)
  if refusal then return fail(response, request, 403, "refused", "Nothing was done: " .. refusal .. ".") end
  local id = row and row.id
  if row and rest == "/answer" then
    actions.answer(id, fields, who)
  elseif row and rest == "/stop" and (fields.what == "pause" or fields.what == "cancel") then
    actions.stop(id, fields.what)
  else
    return fail(response, request, 404, "not found", "There is nothing to be done there.")
  end
  go_to(response, request.base, "/run/" .. id)
end

local function handle(response, request, guard)
  if not guard:is_meant(request) then return fail(response, request, 421, "refused", "This server has another name.") end
  if request.method == "GET" and guard:shows_token(request) then
    local cookie, base = guard:set_cookie()
    local path = request.path:match "^/run/[%w._-]+$" or "/"
    return go_to(response, base, path, { ["Set-Cookie"] = cookie }) -- out of the address, where others see it
  end
  local who = guard:who(request, request.base)
  if not who then
    return fail(response, request, 401, "refused", "Open the address that almanac serve printed: it holds a token.")
  end
  if request.method == "GET" then return look(response, request, guard) end
  if request.method == "POST" then return act(response, request, guard, who) end
  fail(response, request, 405, "refused", "Pages are asked for with GET, and forms sent with POST.")
end

--- Begins to serve.
---@param options { port: integer, address: string, token: string?, secret: string, tls: table?, report: fun(text: string) }
---@return native.httpd.Server
function M.listen(options)
  local guard
  local server = require("native.httpd").listen {
    port = options.port, address = options.address, tls = options.tls, body_max = BODY_MAX,
    handler = function(request, response)
      request.path, request.base = guard:split(request.path)
      local ok, err = errors.try(handle, response, request, guard)
      if ok or response:closed() then return end
      if err.kind == "usage" then return fail(response, request, 400, "refused", err.message, err.hint) end
      if err.kind == "refused" or err.kind == "corrupt" then return fail(response, request, 409, "refused", err.message, err.hint) end
      options.report(request.method .. " " .. request.path .. ": " .. tostring(err.message))
      fail(response, request, 500, "it failed", "The reason is where almanac serve runs.")
    end,
    on_error = function(err, request) options.report(request.method .. " " .. request.path .. ": " .. tostring(err.message)) end,
  }
  guard = access.new {
    token = options.token, secret = options.secret, port = server:port(), address = options.address, tls = options.tls ~= nil,
  }
  return server
end

return M
