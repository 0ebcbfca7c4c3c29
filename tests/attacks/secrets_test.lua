-- Five secrets, in every way a runbook can use one: none of them is in anything that is written, in no
-- form; the journal stays whole, and the run resumes.
local httpd = require "native.httpd"
local project = require "tests.project"
local t = require "tests.harness"
local traces = require "tests.secret_traces"

local SECRETS = traces.secrets

local BOOK = [[
return runbook {
  params = {
    awkward = param.secret { required = true }, pem = param.secret { required = true }, word = param.secret { required = true },
    pin = param.secret { required = true }, inner = param.secret { required = true }, outer = param.secret { required = true },
  },
  run = function(p)
    local env = { A = p.awkward, P = p.pem, W = p.word, N = p.pin, I = p.inner, O = p.outer }
    step("echo", function()
      sh.run { argv = { "sh", "-c", 'printf "%s\n" "$A" "$P" "$W" "$N" "$O"; printf %s "$O" | base64; printf %s "$P" | base64' },
        env = env }
      note("outer " .. p.outer .. ", awkward " .. p.awkward)
      print("pem", p.pem)
      return sh.read { argv = { "sh", "-c", 'printf "%s\n" "$A" "$P" "$W" "$N" "$O"' }, env = env }.stdout
    end)
    step("hex", function()
      return sh.read { argv = { "sh", "-c", 'printf %s "$A$O" | od -An -tx1 | tr -d " \n"' }, env = env }.stdout
    end)
    step("post", function()
      return http.post { url = "http://127.0.0.1:PORT/login", headers = { Authorization = "Bearer " .. p.outer,
        Cookie = "pin=" .. p.pin }, json = { password = p.awkward, key = p.pem, on = p.word } }
    end)
    step("tries", { retry = { times = 2, delay = 0.01 } }, function()
      sh.run { argv = { "sh", "-c", 'printf "%s\n" "refused: $A" "$P" "$O" >&2; test -e second || { touch second; exit 1; }' }, env = env }
    end)
    step("fails", function()
      if fs.exists "go" then return "went on" end
      sh.run { argv = { "sh", "-c", 'echo "no such user: $O, pin $N, key $P, $A, $W" | tee /dev/stderr; exit 3' }, env = env }
    end)
    step("after", function() return true end)
  end,
}
]]

local WORDS = {}
for name in pairs(SECRETS) do WORDS[#WORDS + 1] = name:lower() .. "=env:S_" .. name end

local function check_clean(artefacts)
  for what, text in pairs(artefacts) do traces.lacks(what, text) end
end

local function world()
  local got = {}
  local server = httpd.listen { port = 0, handler = function(request, response)
    got[#got + 1] = request
    response:send(200, {}, "you sent " .. (request.headers.authorization or "") .. " and " .. request.body)
  end }
  t.defer(function() server:close() end)
  local p = project.new { book = (BOOK:gsub("PORT", tostring(server:port()))) }
  local env = {}
  for name, text in pairs(SECRETS) do env["S_" .. name] = text end
  return p, env, got
end

local function command(...)
  local out = { ... }
  for _, word in ipairs(WORDS) do out[#out + 1] = word end
  return out
end

t.test("six secrets through environment, output, headers, body, retry, result and error: in no artefact; the run resumes", function()
  local p, env, got = world()
  local planned, plan_out, plan_err = p:run(command("plan", "book", "-o", "plan.json"), env)
  t.eq(planned, 2, plan_out .. plan_err)
  t.eq(require("native.fs").stat(p.dir .. "/plan.json").mode, tonumber("600", 8), "a plan is its owner's alone")
  local code, out, err = p:run(command("run", "book", "--no-ask"), env)
  t.eq(code, 1, err)
  t.eq(got[1].headers.authorization, "Bearer " .. SECRETS.OUTER, "the server gets it whole")
  t.has(got[1].body, '"on":"true"')
  local _, status, status_err = p:run { "status" }
  local _, log = p:run { "log" }
  local _, log_json = p:run { "log", "--json" }
  check_clean { plan = t.read_file(p.dir .. "/plan.json"), plan_out = plan_out, plan_err = plan_err, out = out, err = err,
    status = status .. status_err, log = log, log_json = log_json }
  for _, file in ipairs(require("native.fs").list(p.dir .. "/.almanac/*")) do check_clean { [file] = t.read_file(file) } end
  t.has(err, "no such user: (secret outer), pin (secret pin)")

  t.write_file(p.dir .. "/go", "")
  local resumed, json_out, resume_err = p:run({ "resume", "--json" }, env)
  t.eq(resumed, 0, resume_err)
  check_clean { json = json_out, resume = resume_err }
  for line in json_out:gmatch "[^\n]+" do require("native.json").decode(line) end
  t.eq(#got, 1, "the request was not sent again")
end)

t.test("a secret as a key of a result, as the kind and the place of an error, letter by letter", function()
  local p = project.new { book = [[
return runbook { params = { s = param.secret { required = true } }, run = function(p)
  local function echo(how) return sh.read { argv = { "sh", "-c", 'printf %s "$S"' .. how }, env = { S = p.s } }.stdout end
  step("keys", function() return { [echo ""] = 1, deep = { [echo "" .. "x"] = { echo "" } } } end)
  step("letters", function() return echo " | fold -w1" end)
  step("kind", function()
    local s = echo ""
    pcall(step, s, function() end)
    error { kind = s, message = "m", hint = "h " .. s, where = s .. ":1", more = { [s] = s } }
  end)
end }]] }
  local text = "sup3rs3cr3t-value"
  for _, words in ipairs { { "plan", "book", "s=" .. text, "-o", "plan.json" }, { "run", "book", "s=" .. text, "--no-ask" }, { "status" },
    { "log", "--json" } } do
    local _, out, err = p:run(words)
    t.lacks(out .. err, text)
    t.lacks(out .. err, "s\nu\np\n3")
  end
  for _, file in ipairs(require("native.fs").list(p.dir .. "/.almanac/*")) do
    t.lacks(t.read_file(file), text, file)
    t.lacks(t.read_file(file), "s\\nu\\np", file)
  end
end)
