--- Mistakes that operators make while they write a runbook, one each: what it is, the script, the words of the
--- finding, and the line where it stands. HEAD and TAIL put a body into a runbook: its first line is line 3.
local HEAD = 'return runbook { summary = "x", params = { tag = param.string { required = true } },\n  run = function(p)\n'
local TAIL = '\n  step("use it", function() return p.tag end)\n  end }\n'

--- In the body of `run`.
local function body(what, text, words, line)
  return { what = what, text = HEAD .. text .. TAIL, words = words, line = line or 3 }
end

--- In a step of `run`.
local function within(what, text, words)
  return { what = what, text = HEAD .. 'step("a", function()\n' .. text .. "\nend)" .. TAIL, words = words, line = 4 }
end

--- A file as it stands.
local function file(what, text, words, line)
  return { what = what, text = text, words = words, line = line or 1 }
end

--- A field of the declaration.
local function field(what, text, words)
  return file(what, 'return runbook { summary = "x",\n  ' .. text .. ",\n  run = function() end }\n", words, 2)
end

return {
  -- Lua, and names.
  file("a missing end", "return runbook { summary = 'x', run = function()\n  if a then\n    note 'x'\nend }\n", "if' in line 2", 4),
  file("a stray sign", "return runbook {\n  = 3 }\n", "syntax", 2),
  body("an unknown global", "deployment('x')", "no global 'deployment'"),
  body("a misspelt global", "stpe('x', function() end)", "did you mean 'step'?"),
  body("an assignment to a global", "count = 1", "assignment to the global 'count'"),
  body("a function that the module has not", "step('a', function() helm.upgarde {} end)", "did you mean 'upgrade'?"),
  body("io", "io.open('x')", "fs.read"),
  body("os.execute", "os.execute('ls')", "sh.run"),
  body("a method of a function", "sleep.forever()", "sleep is a function"),
  file("a library that is not there", "local lib = require 'lib.devent'\nreturn runbook { summary = 'x', run = function() lib.go() end }\n",
    "no file runbooks/lib/devent.lua"),
  body("a library that is not there, later", "step('a', function() return require('lib.nope').go() end)", "no file runbooks/lib/nope.lua"),

  -- Objects that are written down.
  body("a kind that there is not", "step('a', function() return k8s.create { apiVersion = 'v1', kind = 'Secrt' } end)",
    "did you mean Secret?"),
  body("a kind under another apiVersion", "step('a', function() return k8s.apply { apiVersion = 'v1', kind = 'Deployment' } end)",
    'is "apps/v1"'),
  body("a kind where one object is needed", "step('a', function() return k8s.scale('web', 2) end)", 'write which one: "deployment/web"'),
  body("a field of an object", "step('a', function() return k8s.create { { apiVersion = 'v1', kind = 'Secret', stringdata = {} } } end)",
    "did you mean stringData?"),
  body("a field below", "step('a', function() return k8s.apply { apiVersion = 'apps/v1', kind = 'Deployment', "
    .. "spec = { template = { spec = { containers = { { name = 'a', imag = 'b' } } } } } } end)",
    "spec.template.spec.containers[1] has no field"),
  body("a number that must be text", "step('a', function() return k8s.apply { apiVersion = 'v1', kind = 'ConfigMap', "
    .. "data = { port = 80 } } end)", "data.port must be text, not 80"),
  body("a flag that must be a number", "step('a', function() return k8s.apply { apiVersion = 'apps/v1', kind = 'Deployment', "
    .. "spec = { replicas = false } } end)", "spec.replicas must be a whole number, not false"),
  body("a field of a patch", "step('a', function() return k8s.patch('deployment/x', { spec = { replica = 2 } }, { namespace = 'n' }) end)",
    "did you mean replicas?"),
  body("a flag of a patch", "step('a', function() return k8s.patch('node/x', { spec = { unschedulable = 'yes' } }) end)",
    "must be true or false"),
  body("answers of one letter", "ask('What now?', { choices = { 'now', 'never' } })", "begin with the same letter"),
  file("the program of a check", "return runbook { summary = 'x', allow = { shell = { 'make' } }, run = function()\n"
    .. "  step('a', function() sh.run { 'make', check = { 'test', '-s', 'out' } } end)\nend }\n", 'shell "test"', 2),

  -- The declaration.
  file("no runbook returned", "local book = runbook { summary = 'x', run = function() end }\n", "does not return a runbook", 2),
  field("an unknown field of the runbook", 'on_failur = "stop"', "did you mean on_failure?"),
  field("a wrong word of the runbook", 'on_failure = "retry"', '"ask", "stop" or "undo"'),
  field("a category of allow that there is not", 'allow = { helmm = { "x" } }', "helmm"),
  field("allow without a list", 'allow = { helm = "animica-devnet" }', "allow"),
  field("a lock's unknown field", 'lock = { nmae = "release/x" }', "did you mean name?"),
  field("a lock's length", 'lock = { name = "lease/ns/x", duration = "soon" }', "duration must be a duration"),
  field("a malformed lease", 'lock = "lease/animica"', "lease/NAMESPACE/NAME"),
  field("a lock that is a number", "lock = 7", "lock must be"),
  file("no summary", "return runbook { run = function() end }\n", "no summary"),
  file("no run", "return runbook { summary = 'x' }\n", "run is missing"),
  field("an option of a parameter", "params = { tag = param.string { requird = true } }", "did you mean required?"),
  field("an option's type", 'params = { tag = param.string { required = "yes" } }', "required must be true or false"),
  field("an enum without values", "params = { how = param.enum {} }", "param.enum"),
  field("a default of another type", 'params = { n = param.integer { default = "three" } }', "default"),
  field("a default that does not fit", 'params = { t = param.string { pattern = "^v", default = "x" } }', "default"),
  field("a pattern that is none", 'params = { t = param.string { pattern = "[a" } }', "pattern"),
  field("a parameter without a type", "params = { tag = 'string' }", "param."),
  field("a parameter that is never used", "params = { spare = param.string {} }", "parameter 'spare' is never used"),
  field("a range in which nothing is", "params = { n = param.integer { min = 5, max = 2 } }", "its min (5) is above its max (2)"),
  field("a length of time in which nothing is", 'params = { t = param.duration { min = 90, max = 60 } }',
    "its min (1m30s) is above its max (1m)"),
  field("a required parameter with a default", 'params = { t = param.string { required = true, default = "x" } }', "has a default"),
  body("an assignment to a parameter", "p.tag = 'x'", "the parameter 'tag' is assigned to"),
  body("an assignment to a parameter by another name", "local q = p q.tag = 'x'", "the parameter 'tag' is assigned to"),
  body("an unknown parameter in a function of the script",
    "local function g(a, q) return a .. q.tagg end local function f(q) return g('x', q) end step('a', function() return f(p) end)",
    "did you mean tag?"),
  body("an unknown parameter", "step('a', function() return p.tagg end)", "did you mean tag?"),

  -- Steps.
  body("two steps of one name", "step('a', function() end) step('a', function() end)", "two steps have the name"),
  body("a step in a loop", "for i = 1, 2 do step('a', function() note('x' .. i) end) end", "second turn of the loop"),
  body("a slash in a step's name", "step('a/b', function() end)", "cannot hold '/'"),
  body("a step without a name", "step(function() end)", "step: its first argument"),
  body("a step without a function", "step('a')", "step: fn is missing"),
  body("a function in what a step returns", "step('a', function() return { one = { function() end } } end)", "plain data"),
  body("a step's unknown option", "step('a', { timout = '5s' }, function() end)", "did you mean timeout?"),
  body("an unknown field of retry", "step('a', { retry = { times = 2, dealy = 1 } }, function() end)", "did you mean delay?"),
  body("a function returned from a step", "step('a', function() return function() end end)", "plain data"),
  body("an effect outside of a step", "fs.write('x', 'y')", "outside a step"),
  body("a result that nobody uses", "local before = step('a', function() return 'rev 3' end)", "before is never used"),
  body("parallel given a list", "parallel('all', { function() end, function() end })", "name = function"),
  body("parallel's option", "parallel('all', { a = function() end }, { limt = 2 })", "did you mean limit?"),
  body("sleep without a name", "sleep('5s')", "sleep: length is missing"),
  body("sleep for no time", "sleep('settle', 'soon')", "must be a duration"),
  body("confirm with options", "confirm { text = 'sure?' }", "confirm: its first argument"),
  body("confirm with a second argument", "confirm('sure?', { timeout = '5m' })", "takes 1 argument, not 2"),
  body("a checklist's item", "checklist('before', { 'one', { txt = 'two', evidence = function() end } })", "did you mean text?"),
  body("a name in a list", "checklist('before', { 'one', title = 'two' })", "title has no place in it"),
  body("options in the place of a name", "gate { querry = 'up', op = '>=', limit = 1, hold = '1m' }", "did you mean query?"),
  body("a checklist's number", "checklist('before', { 'one', 2 })", "checklist: items[2]"),
  body("a checklist that is a text", "checklist('before', 'one')", "checklist: its second argument"),

  -- Gates.
  body("a gate's query with a comparison", "gate('g', { query = 'up > 0', limit = 1, hold = '5m' })", "the query compares"),
  body("a gate's unknown field", "gate('g', { query = 'up', limt = 1, hold = '5m' })", "did you mean limit?"),
  body("a gate's hold", "gate('g', { query = 'up', limit = 1, hold = 'long' })", "hold must be"),
  body("a hold of no time", "gate('g', { query = 'up', limit = 1, hold = '0s' })", "a hold of no time"),
  body("an interval beyond the hold", "gate { query = 'up', limit = 1, hold = '20s', interval = '1m' }",
    "the interval (1m) is longer than the hold (20s)"),
  body("a guard that watches nothing", "guard('g', { interval = '5s' }, function() end)", "watches nothing"),
  body("a guard's query with a comparison", "guard('g', { gates = { { name = 'a', query = 'up > 0', limit = 1 } } }, function() end)",
    "the query compares"),
  body("a gate without a limit", "gate('g', { query = 'up', hold = '5m' })", "limit is missing"),
  body("a gate's critical on the wrong side", "gate('g', { query = 'up', op = '>=', limit = 5, critical = 9, hold = 60 })", "healthy side"),

  -- Calls.
  within("a command that is one text", "sh.run('ls -l /tmp')", "a list of words"),
  within("a command's option", "sh.run { 'ls', cwdd = '/tmp' }", "did you mean cwd?"),
  within("a command's environment", "sh.run { 'ls', env = { A = true } }", "env.A must be a string"),
  within("a command's options in a second table", "sh.run({ 'ls' }, { env = { A = 'x' } })", "a table stands before"),
  within("a request's options in a second table", "http.get({ url = 'http://x' }, { timeout = '5s' })", "a table stands before"),
  within("a header that is none", "return http.get('http://x', { headers = { ['a b'] = 'x' } })", "a b"),
  within("a command without words", "sh.run { timeout = '5s' }", "command"),
  within("a command whose words are cut", "local w = { 'a' } sh.run { 'ssh', table.unpack(w), timeout = '5s' }", "only its first"),
  within("an argument that is cut", "local w = { 'a' } note(string.format('%s %s', table.unpack(w), 'c'))", "only its first"),
  within("a kind that there is not", "return k8s.get('deploymnet/web')", "did you mean deployment?"),
  within("a misspelt namespace", "return k8s.get('deployment/web', { namspace = 'x' })", "did you mean namespace?"),
  within("a misspelt release", "helm.upgrade { relase = 'x', chart = 'y' }", "did you mean release?"),
  within("a value of another type", "k8s.scale('deployment/web', 'three')", "k8s.scale"),
  within("an exec's option", "k8s.exec('sh', '-c', 'x', { pod = 'animica-node-0', timeot = '5s' })", "did you mean timeout?"),
  within("a misspelt field of an error", "errors.raise { kind = 'x', message = 'no', hnt = 'wait' }", "did you mean hint?"),
  within("an error without a kind", "errors.raise { message = 'no' }", "kind is missing"),
  body("a run of a runbook that there is not", "runbook.call('nope', {})", 'no runbook "nope"'),
  body("a run with a parameter that it does not take", "runbook.call('canary', { workload = 'x' })", "did you mean workloads?"),
  body("a run with a parameter of another type", "runbook.call('canary', { observe = 'soon' })", "parameter observe must be"),
  file("a run that allow does not name", "return runbook { summary = 'x', allow = { shell = { 'ls' } }, run = function()\n"
    .. "  runbook.call('canary')\nend }\n", 'runbook "canary"', 2),
  within("a timeout that is none", "return http.get('http://x', { timeout = 'fast' })", "timeout must be"),
}
