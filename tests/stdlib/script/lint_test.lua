--- The parser of almanac check against load(), and its rules.
local t = require "tests.harness"
local definitions = require "almanac.run.definitions"
local embedded = require "native.embedded"
local fs = require "native.fs"
local lexer = require "almanac.script.lint.lexer"
local manual = require "almanac.script.manual.manual"
local nature = require "almanac.script.manual.nature"
local nearest = require "almanac.base.nearest"
local parser = require "almanac.script.lint.parser"
local findings = require "almanac.script.lint.findings"
local script = require "almanac.script.lint.script"

local function sources()
  local files = {}
  for _, pattern in ipairs { "stdlib/*/*.lua", "stdlib/*/*/*.lua", "stdlib/*/*/*/*.lua", "runbooks/*.lua", "runbooks/*/*.lua",
    "tests/*.lua", "tests/*/*.lua", "tests/*/*/*.lua", "tests/*/*/*/*.lua" } do
    for _, path in ipairs(fs.list(pattern)) do files[#files + 1] = path end
  end
  return files
end

local function compare(text, what)
  local wanted, why = load(text, "=text", "t")
  local main, err = parser.parse(text)
  if (wanted ~= nil) ~= (main ~= nil) then
    error(string.format("%s: load: %s; parser: %s\n%s", what, wanted and "takes it" or why, main and "takes it" or err.message, text))
  end
  return wanted ~= nil
end

local corners = {
  "goto x; local a; ::x::", "goto x; local a; ::x:: say(1)", "do goto x end; local a; ::x:: ;;",
  "do goto x end ::x::", "::x:: do ::x:: end", "do ::x:: end ::x::",
  "repeat local x; if x then goto cont end; local y; ::cont:: until y", "repeat goto c; local y; ::c:: until true",
  "repeat if z then goto c end local y; ::c:: ; until true", "break",
  "while true do local function f() break end end", "local x <const> = 1; x = 2",
  "local x <const> = 1; function x() end", "local x <close> = nil; x = 1", "local x<foo>=1",
  "local a<close>,b<close>=1,2", "local x<const> = 5; local function f() x = 1 end", "return ...",
  "function f() return ... end", "(a)=1", "(a).b=1", "(f())", "(f)()", "a.b", "f{}", "f'x' = 1", "f'x'.y = 1",
  "a,f()=1", "return return", "return 1; ;", "return;", "x = 3x", "x=0x", "x=0x.p1", "x=0x1p4", "x=1e", "x=1e+",
  "x=3..2", "x=3 ..2", "x=.5", "x=0xep1", "x=0xA.8p-1", "x=1//2|3&~4~5<<6>>7", "x='\\x4g'", "x='\\u{7FFFFFFF}'",
  "x='\\u{80000000}'", "x='\\u{00000000000041}'", "x='\\300'", "x='\\z  \n a'", "x='a\\\nb'", "x='a\nb'",
  "x=[==[ ]=] ]==]", "x=[==", "x=[=", "--[[ x", "--[==[ ]==] x=1", "x=[[\n]]", "a.b:c()", "a.b:c", "a:b'x'",
  "function a.b:c.d() end", "for i=1 do end", "for i=1,2,3,4 do end", "for a.b in x do end", "for a,b in x,y do end",
  "local function f.x() end", "goto 1", "goto x", "::x:: ::x::", "if x then break end",
  "while x do if y then break end end", "x = function() goto a end ::a::", "::a:: x = function() goto a end",
  "x=-2^2", "x=not not a == b", "x={1,2;3,a=1,[2]=3,}", "x={,}", "x={;}", "f(1,)", "f(,1)", "local a,b,", "local",
  "#!x", "\0", "x='\0'", "x=a~=b", "x=~a", "x = a.b.c[1]'x'{}", ";;;", "return ;;", "\xef\xbb\xbfx=1", "x=\xff",
  "_ENV = {}", "local _ENV = {}; x = 1", "x=1 y=2", "f()\n(g)()", "x=a:b", "local x <const>", "for x=1,2 do x=3 end",
  "goto continue; do ::continue:: end", "do local a; goto e; local b; ::e:: end",
  "do goto e; local b; ::e:: f() end", "x='\\u{}'", "x='\\u41'", "x='\\q'", "x='\\", "x=\"\\1",
  "function f(a,...,b) end", "function f(...) local x = ... end", "function f(a,) end", "local x = {...}",
  "x = 1 --[=[ a ]] ]=] + 1", "x=0x1P+3", "x=1E5e", "x=1.e5", "x=1..", "x=a..1", "x=1_", "goto = 1", "x.and = 1",
  "x=2^-3^2", "x=-x^-y", "x = y --\r\nz=1", "x='a\\\r\nb'",
}

t.test("the parser decides corners of the syntax as load does", function()
  for i, text in ipairs(corners) do compare(text, "case " .. i) end
end)

t.test("the parser takes every Lua file of the project", function()
  local files = sources()
  t.ok(#files > 50, "files found")
  for _, path in ipairs(files) do t.ok(compare(fs.read(path), path), path) end
end)

--- One random change: a token left out, doubled, or swapped for another of the text; or one byte.
local function mutate(text, tokens)
  local function span()
    local i = math.random(#tokens.kinds - 1)
    return tokens.starts[i], tokens.stops[i]
  end
  local how = math.random(5)
  local from, stop = span()
  local before, token, after = text:sub(1, from - 1), text:sub(from, stop), text:sub(stop + 1)
  if how == 1 then return before .. after end
  if how == 2 then return before .. token .. " " .. token .. after end
  if how == 3 then
    local other_from, other_stop = span()
    return before .. text:sub(other_from, other_stop) .. after
  end
  local at = math.random(#text)
  local c = string.char(math.random(0, 255))
  return text:sub(1, at - 1) .. (how == 4 and c or "") .. text:sub(at + (how == 4 and math.random(0, 1) or 1))
end

t.test("the parser takes and refuses what load does, also of broken texts", function()
  math.randomseed(20, 26)
  local taken, refused, files = 0, 0, sources()
  for i = 1, #files, #files // 60 do -- so many, however many there will be
    local path, text = files[i], fs.read(files[i])
    if #text < 12000 then
      local tokens = lexer.scan(text)
      for _ = 1, 25 do
        if compare(mutate(text, tokens), path) then taken = taken + 1 else refused = refused + 1 end
      end
    end
  end
  t.ok(taken > 100 and refused > 100, "both kinds were seen")
end)

t.test("strings and numbers have the value that Lua gives them", function()
  for _, text in ipairs { [["a\tb\x41\65\z
    c\u{20AC}"]], "[==[\nx]]\r\ny]==]", "0x1p4", "0xA", "3", "3.0", "1e2", "'\\\n'" } do
    t.eq(lexer.scan(text).values[1], load("return " .. text)(), text)
  end
end)

local function rules_of(text)
  local found = findings.new()
  script.check("x.lua", text, found)
  local out = {}
  for _, finding in ipairs(found:sorted()) do out[#out + 1] = finding.line .. ":" .. finding.column .. " " .. finding.rule end
  return table.concat(out, ", ")
end

t.test("names: only what a script cannot see is reported", function()
  t.eq(rules_of "print(nope)", "1:7 unknown-global")
  t.eq(rules_of "x = 1; print(x)", "1:1 global-assignment")
  t.eq(rules_of "function f() end", "1:10 global-assignment")
  t.eq(rules_of "local h = helm; return function() h.upgarde {} end", "1:37 unknown-field")
  t.eq(rules_of "local helm = { upgarde = 1 }; return helm.upgarde", "")
  t.eq(rules_of "local h = helm; h = {}; return h.upgarde", "")
  t.eq(rules_of "local _ENV = { print = print }; print(nope)", "")
  t.eq(rules_of "string.trim = function() end; return string.trim", "")
  t.eq(rules_of "goto done; do local _ = z end ::done::", "1:25 unknown-global")
end)

t.test("steps: the same name twice in what surely runs, and in loops", function()
  t.eq(rules_of 'step("a", print) step("a", print)', "1:23 step-twice")
  t.eq(rules_of 'return function(o) canary.compare("a", o) canary.compare("a", o) canary.compare(o) end', "1:58 step-twice")
  t.eq(rules_of 'step("a", print) if p0 == nil then step("a", print) end', "1:21 unknown-global, 1:41 step-twice")
  t.eq(rules_of 'if print then step("a", print) else step("a", print) end', "")
  t.eq(rules_of 'if print then step("a", print) return end step("a", print)', "")
  t.eq(rules_of 'step("a", function() step("a", print) end)', "")
  t.eq(rules_of 'for i = 1, 2 do step("a", print) step("b" .. i, print) end', "1:22 step-in-loop")
  t.eq(rules_of 'while true do step("a", print) break end', "")
  t.eq(rules_of 'for _ = 1, 2 do step("x", function() step("a", print) end) end', "1:22 step-in-loop")
  t.eq(rules_of 'step("a/b", print)', "1:6 step-name")
  for _, once in ipairs {
    'for i = 0, 2 do if i == 0 then confirm("on?") end end',
    'for _, n in ipairs {} do if n.name == "b" and print then step("a", print) end end',
    'for i = 1, 3 do local last = i == 3 if last then confirm("on?") end end',
    'for i = 1, 3 do if i ~= 3 then print() else confirm("on?") end end',
    'local asked for _ = 1, 3 do if not asked then asked = true confirm("on?") end end',
  } do
    t.eq(rules_of(once), "", once)
  end
  local nested = 'for i = 1, 2 do for j = 1, 2 do if j == 1 then step("a" , print) end end end'
  t.eq(rules_of(nested), "1:53 step-in-loop", "once a turn of the outer")
  t.eq(rules_of 'for i = 1, 2 do if i > 0 then step("a", print) end end', "1:36 step-in-loop")
  t.eq(rules_of 'for i = 1, 2 do if i == 0 then print() else step("a", print) end end', "1:50 step-in-loop")
end)

t.test("outside a step: what run and the top level call, and no more", function()
  t.eq(rules_of "local _ = os.time()", "1:11 outside-step")
  t.eq(rules_of "return runbook { summary = 'x', run = function() sh.run { 'ls' } end }", "1:50 outside-step")
  t.eq(rules_of "local function run() sh.run { 'ls' } end return runbook { summary = 'x', run = run }", "1:22 outside-step")
  t.eq(rules_of "return runbook { summary = 'x', run = function() step('a', function() sh.run { 'ls' } end) end }", "")
  t.eq(rules_of "local function go() sh.run { 'ls' } end return runbook { summary = 'x', run = function() step('a', go) end }", "")
  t.eq(rules_of "return sh.quote { 'a' }", "")
end)

t.test("an undo behind a read: what computing alone does not get to, unless a step around it has one", function()
  local function rules_in(outer, before, undo)
    return rules_of(string.format("return function() step('a', %sfunction() %s step('b', {%s}, print) end) end", outer, before, undo))
  end
  t.eq(rules_in("", "sh.read { 'ls' }", "undo = print"), "1:75 undo-behind-read")
  t.eq(rules_in("{ undo = print }, ", "sh.read { 'ls' }", "undo = print"), "")
  t.eq(rules_in("options, ", "sh.read { 'ls' }", "undo = print"), "1:29 unknown-global")
  t.eq(rules_in("", "sh.run { 'ls' }", "undo = print"), "")
  t.eq(rules_in("", "note 'x'", "undo = print"), "")
  t.eq(rules_in("", "sh.read { 'ls' }", ""), "")
  t.eq(rules_in("", "step('read', function() return sh.read { 'ls' } end)", "undo = print"), "")
  t.eq(rules_in("", "step('c', { undo = print }, print) sh.read { 'ls' }", ""), "")
  t.eq(rules_of [[
return function()
  step('a', function() sh.read { 'ls' } step('b', function() step('c', { undo = print }, print) end) end)
end]], "2:81 undo-behind-read")
end)

t.test("options: names and literal types are those that the function declares", function()
  t.eq(rules_of 'local _ = param.string { requird = true }', "1:26 option-name")
  t.eq(rules_of 'local _ = param.string { required = "yes" }', "1:37 option-type")
  t.eq(rules_of "local _ = param.enum {}", "1:22 option-missing")
  t.eq(rules_of 'step("a", { retry = { times = 3, dealy = 1 } }, print)', "1:34 option-name")
  t.eq(rules_of 'step("a", { timeout = "soon" }, print)', "1:23 option-type")
  t.eq(rules_of 'step("a", { timeout = {} }, print)', "1:23 option-type")
  t.eq(rules_of 'canary.compare("c", { horizon = 60, metrics = { { name = "e", kind = "counts", bda = 2 } } })',
    "1:70 option-type, 1:80 option-name")
  t.eq(rules_of 'local limit = 0; parallel("p", {}, { limit = limit })', "1:46 option-type")
  t.eq(rules_of 'step("a", function() sh.run("ls", "-l", { cwdd = "x" }) end)', "1:43 option-name")
  t.eq(rules_of 'step("a", function() http.get("http://x", { timeout = 5 }) http.get { url = "x" } end)', "")
  t.eq(rules_of 'step("a", function() http.get { timeout = 5 } end)', "1:31 option-missing")
  -- What is computed is left alone.
  t.eq(rules_of 'local name = "requi" .. "red"; local _ = param.string { [name .. "x"] = 1, default = tostring(1) }', "")
  t.eq(rules_of 'local _ = param.enum(table.pack())', "")
end)

t.test("what a function does to the world is what its annotation says: of effects, and of what asks to read", function()
  local effects, reads, names = 0, 0, manual.names()
  for name in pairs(names) do
    -- A run that is called is a step of its own.
    if definitions.find(name) and name ~= "runbook.call" then
      effects = effects + 1
      t.eq(nature.of(name), "change", name)
    end
  end
  for _, path in ipairs(embedded.list "stdlib/") do
    for name in embedded.read(path):gmatch 'require_read%s*%(?%s*"([%w_.]+)"' do
      if names[name] then
        local _, entry = manual.find(name)
        reads = reads + 1
        t.ok(nature.of(name) or entry.text:find "%f[%w]step%f[%W]", name) -- some effects look as well
      end
    end
  end
  t.ok(effects > 20 and reads > 20, effects .. " effects, " .. reads .. " reads")
end)

t.test("parameters: a field that the runbook does not declare", function()
  local head = "return runbook { summary = 'x', params = { tag = param.string {}, ['when'] = param.string {} }, "
  t.has(rules_of(head .. "run = function(p) step('a', function() return p.tagg end) end }"), "unknown-parameter")
  t.has(rules_of(head .. "lock = function(q) return q.other end, run = function() end }"), "unknown-parameter")
  t.eq(rules_of(head .. "run = function(p) local given = p step('a', function() return given.tag .. p.when end) end }"), "")
  t.eq(rules_of(head .. "run = function(p) p = {} step('a', function() return p.tagg end) end }"), "", "another table by then")
  t.eq(rules_of "local ps = require 'lib.ps' return runbook { summary = 'x', params = ps.all, run = function(p) return p.any end }",
    "1:20 no-library", "what cannot be known")
end)

t.test("parameters: what a script cannot do with a secret", function()
  local head = "return runbook { summary = 'x', params = { new = param.secret {}, old = param.secret {}, tag = param.string {} }, "
  local function rules(body)
    return rules_of(head .. "run = function(p) step('a', function() return { p.new, p.old, p.tag } end) " .. body .. " end }")
  end
  for _, body in ipairs {
    "if #p.new < 12 then error 'short' end", "if p.new == 'text' then error 'same' end", "if 'a' .. 'b' ~= p.new then error 'other' end",
    "if p.tag == p.new then error 'same' end",
    "if p.new < p.old then error 'less' end", "local n = p.new if n:match 'x' then error 'x' end",
  } do
    t.has(rules(body), "secret-use", body)
  end
  t.eq(rules "if p.new == p.old or p.new == nil or p.tag == 'x' or not p.new then error 'same' end", "")
end)

t.test("results: what a step cannot keep, and what nobody uses", function()
  t.eq(rules_of "local a = tostring(1)", "1:7 unused")
  t.eq(rules_of "local a = 1; a = 2", "1:7 unused", "written and never read")
  t.eq(rules_of "local a <close> = tostring(1); local _b = 2; local ok, err = pcall(print); return ok", "")
  t.eq(rules_of "return step('a', function() return print end)", "", "what a name stands for is not known")
  t.eq(rules_of "return step('a', function() return function() end end)", "1:36 step-result")
end)

t.test("parameters that nothing uses, where who reads them can be seen", function()
  local head = "return runbook { summary = 'x', params = { tag = param.string {} }, "
  t.eq(rules_of(head .. "run = function() end }"), "1:44 unused-parameter")
  t.eq(rules_of(head .. "run = function(p) step('a', function() return p.tag end) end }"), "")
  t.eq(rules_of(head .. "run = function(p) print(p) end }"), "", "handed on")
  t.eq(rules_of("local go = require 'lib.ps' " .. head .. "run = go.run }"), "1:20 no-library", "run stands elsewhere")
  t.eq(rules_of(head .. "lock = function(p) return 'x/' .. p.tag end, run = function() end }"), "")
end)

t.test("arguments: how many and of which types, by the annotations", function()
  t.eq(rules_of "sleep('a', '5s', 1)", "1:18 argument-count")
  t.eq(rules_of "sleep(...)", "", "what a call gives is not known")
  t.eq(rules_of "sleep('a', tostring(5))", "")
  t.eq(rules_of "sleep('a')", "1:1 argument-missing")
  t.eq(rules_of "step('a', print)", "")
  t.eq(rules_of "step(1, print)", "1:6 argument-type")
  t.eq(rules_of "errors.raise { kind = 'x', message = 'y', more = 1 }", "")
  t.eq(rules_of "errors.raise { message = 'y', more = 1 }", "1:14 option-missing")
  t.eq(rules_of "checklist('a', { 'b', { text = 'c', evidence = 'd' } })", "1:48 argument-type")
end)

t.test("types of annotations: what they take", function()
  local types = require "almanac.script.lint.types"
  t.eq(types.words(types.parse "string|number"), "a string, or a number")
  t.eq(types.words(types.parse "table<string, function>"), "a table of name = function")
  t.eq(types.words(types.parse "(string|{ text: string, evidence: fun(a: any): any })[]"), "a list")
  t.eq(types.words(types.parse 'fun(x: { a: integer? }): string, number'), "a function")
  t.eq(types.parse("string?").optional, true)
  t.eq(types.parse("string|nil").optional, true)
  t.eq(types.words(types.parse '"read"|"effect"'), '"read", or "effect"')
end)

t.test("kinds of objects: a slip is told, a kind of the cluster's own is not", function()
  t.eq(rules_of "step('a', function() return k8s.get('statefullset/x') end)", "1:37 object-kind")
  t.eq(rules_of "step('a', function() return k8s.get('vpa/x'), k8s.get('certificate/x'), k8s.get('gateways.x.io/y') end)", "")
  t.eq(rules_of "step('a', function() k8s.exec('ls', { pod = 'deploymnt/x' }) end)", "1:45 object-kind")
end)

t.test("a block that is not ended is named by the indentation around it", function()
  local found = findings.new()
  script.check("x.lua", "return runbook {\n  run = function()\n    if true then\n      note 'x'\n  end,\n}\n", found)
  t.has(found:sorted()[1].hint, "the 'if' in line 3 has no end")
end)

t.test("the nearest name", function()
  t.eq(nearest.distance("upgarde", "upgrade"), 1)
  t.eq(nearest.distance("kitten", "sitting"), 3)
  t.eq(nearest.find("stpe", { step = true, sleep = true }), "step")
  t.eq(nearest.find("zebra", { step = true }), nil)
  t.eq(nearest.question("img", { image = true, tag = true }), "did you mean image?")
  t.eq(nearest.question("img", { image = true, imaging = true }), nil, "nobody can tell")
  t.eq(nearest.question("mg", { image = true }), nil)
  t.eq(nearest.only("img", { image = true }), nil, "a guess, that --fix does not make")
end)
