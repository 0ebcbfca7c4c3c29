-- almanac lsp, asked by the client library that VS Code is made of.
local json = require "native.json"
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"

local root = process.cwd()

local book = [[
local tools = require "lib.tools"
return runbook {
  summary = "Writes",
  params = { file = param.string { default = "out", help = "where" }, count = param.integer { default = 1 } },
  run = function(p)
    step("prepare", function() return tools.one() + p.count end)
    step("ä𝄞 write", function()
      fs.write(p.file, "x")
    end)
    parallel("both", { a = function() step("inner", function() end) end })
  end,
}
]]

local function new_project()
  local p = project.new { book = book }
  require("native.fs").mkdir(p.dir .. "/runbooks/lib")
  t.write_file(p.dir .. "/runbooks/lib/tools.lua", "local M = {}\nfunction M.one() return 1 end\nreturn M\n")
  return p
end

--- What the client got for each act, the answer to initialize first.
local function ask(p, acts)
  local lines = {}
  for i, act in ipairs(acts) do lines[i] = json.encode(json.array(act)) end
  local code, out, err = t.run({ "node", "tests/lsp_client.js", process.exe(), p.dir, root .. "/.deps/lsp/node_modules" },
    { cwd = root, stdin = table.concat(lines, "\n") .. "\n", env = { HOME = p.dir } })
  t.eq(code, 0, err)
  local answers = {}
  for line in out:gmatch "[^\n]+" do answers[#answers + 1] = json.decode(line, { null = "absent" }) end
  return answers
end

--- The place of a text in the book: line and UTF-16 character, from 0, behind its first `behind` bytes.
local function at(text, what, behind)
  local from = assert(text:find(what, 1, true)) + (behind or 0)
  local line, start = 0, 1
  for stop in text:gmatch "()\n" do
    if stop >= from then break end
    line, start = line + 1, stop + 1
  end
  return line, from - start
end

local function labels(items)
  local out = {}
  for _, item in ipairs(items) do out[item.label] = item end
  return out
end

t.test("what check finds is told as one types, by the open text and not the file", function()
  local p = new_project()
  local wrong = book:gsub("fs%.write%(p%.file", "fs.write(p.file .. p.fiel")
  local answers = ask(p, {
    { "open", "runbooks/book.lua", book }, { "change", "runbooks/book.lua", wrong },
    { "change", "runbooks/book.lua", "return runbook {" }, { "change", "runbooks/book.lua", book },
  })
  t.eq(answers[1].serverInfo.name, "almanac")
  t.eq(answers[2], {})
  t.eq(#answers[3], 1)
  t.has(answers[3][1].message, "did you mean file?")
  local line, character = at(wrong, "p.fiel", 2)
  t.eq(answers[3][1].range, { start = { line = line, character = character }, ["end"] = { line = line, character = character + 4 } })
  t.has(answers[4][1].message, "syntax")
  t.eq(answers[5], {})
end)

t.test("completion: functions of a module, fields of options, parameters, libraries, and names", function()
  local p = new_project()
  local typed = {
    ["k8s.ro"] = { "rollout", "restart" }, ["k8s.rollout('deployment/x', { "] = { "namespace", "timeout" },
    ["gate { name = 'x', "] = { "query", "hold" }, ["p."] = { "file", "count" }, ['require "lib.'] = { "lib.tools", "lib.devnet" },
    ["ste"] = { "step", "k8s" },
  }
  local acts, wanted = { { "open", "runbooks/book.lua", book } }, {}
  for what, names in pairs(typed) do
    local text = book:gsub("fs%.write%(p%.file, \"x\"%)", (what:gsub("%%", "%%%%")))
    local line, character = at(text, what, #what)
    acts[#acts + 1] = { "change", "runbooks/book.lua", text }
    acts[#acts + 1] = { "textDocument/completion", "runbooks/book.lua", line, character }
    wanted[#acts + 1] = { what, names }
  end
  local answers = ask(p, acts)
  for i, case in pairs(wanted) do
    local found = labels(answers[i])
    for _, name in ipairs(case[2]) do t.ok(found[name], case[1] .. " " .. name .. ": " .. json.encode(answers[i])) end
  end
  for i, case in pairs(wanted) do
    if case[1]:find "^gate" then t.eq(labels(answers[i]).name, nil, "a field that is there is not offered again") end
  end
end)

t.test("hover, definition and the tree of steps", function()
  local p = new_project()
  local function place(what, behind) return at(book, what, behind) end
  local function act(method, what, behind)
    local line, character = place(what, behind)
    return { method, "runbooks/book.lua", line, character }
  end
  local answers = ask(p, {
    { "open", "runbooks/book.lua", book }, act("textDocument/hover", "fs.write", 4), act("textDocument/hover", "p.file", 3),
    act("textDocument/definition", "lib.tools", 2), act("textDocument/definition", "tools.one", 2),
    { "textDocument/documentSymbol", "runbooks/book.lua" }, act("textDocument/hover", "help =", 1), act("textDocument/hover", "summary", 2),
    { "textDocument/rename", "runbooks/book.lua" }, { "textDocument/hover", "runbooks/nope.lua", 0, 0 },
  })
  t.has(answers[3].contents.value, "fs.write(path, text, options?)")
  t.has(answers[4].contents.value, "parameter file: string: where")
  t.has(answers[5].uri, "runbooks/lib/tools.lua")
  t.eq(answers[6].range.start.line, 0)
  local names = {}
  for i, symbol in ipairs(answers[7]) do names[i] = symbol.name end
  t.eq(names, { "prepare", "ä𝄞 write", "both" })
  t.eq(answers[7][3].children[1].name, "inner")
  t.has(answers[8].contents.value, "`help` of param.string")
  t.has(answers[9].contents.value, "`summary` of runbook")
  t.eq(answers[10].error.code, -32601)
  t.has(answers[11].error.message, "is not open")
end)

t.test("what a script says of a parameter is no markup: no image is fetched, no link is there to be followed", function()
  local evil = "![x](https://evil.example/i.png) [run](command:workbench.action.quit) <img src=https://evil.example> https://evil.example"
  local p = project.new { book = "" }
  local text = string.format("return runbook { params = { file = param.string { help = %q } }, run = function(p) return p.file end }",
    evil .. "\u{202e}")
  local line, character = at(text, "p.file", 3)
  local answers = ask(p, { { "open", "runbooks/book.lua", text }, { "textDocument/hover", "runbooks/book.lua", line, character } })
  t.eq(answers[3].contents.kind, "plaintext")
  t.has(answers[3].contents.value, evil)
  t.lacks(answers[3].contents.value, "\u{202e}")
end)

t.test("at each step what the last plan said of it", function()
  local p = new_project()
  t.eq((p:run { "run", "book" }), 0) -- now there is a journal, beside which plans are kept
  t.eq((p:run { "plan", "book", "file=other" }), 2)
  local answers = ask(p, { { "open", "runbooks/book.lua", book }, { "textDocument/codeLens", "runbooks/book.lua" } })
  t.eq(#answers[3], 1)
  t.eq(answers[3][1].command.title, "→ write other (1 bytes): 1 created")
  t.eq(answers[3][1].range.start.line, (at(book, 'step("ä')))
end)

t.test("rubbish ends the server with a word; a script that does not end loading does not hang it", function()
  local p = new_project()
  local code, _, err = t.run({ process.exe(), "lsp" }, { cwd = p.dir, stdin = "hello\r\n\r\n", env = { HOME = p.dir } })
  t.eq(code, 1)
  t.has(err, "no message of the base protocol")
  local answers = ask(p, { { "open", "runbooks/book.lua", "while true do end\n" .. book } })
  t.has(answers[2][1].message, "loading it does not end")
end)

t.test("changes come piece by piece, in UTF-16 units: what is known then is what is known of the whole text", function()
  local p = new_project()
  local line, after_name = at(book, "write\"")
  local edits = {
    { line, 14, line, 19, "wrote" }, -- behind ä, of one unit, and 𝄞, of two
    { line + 1, 17, line + 1, 17, ", 5, { nonsense = 1 }" },
    { 0, 0, 1, 0, "local tools = require \"lib.tools\"\r\nlocal unused = 1\n" },
    { 10, 0, 11, 0, "" },
  }
  local text = book
  local function apply(from, to, with) text = text:sub(1, from - 1) .. with .. text:sub(to) end
  local from = assert(text:find("write\"", 1, true))
  t.ok(after_name > 14, "its bytes are more than its units")
  apply(from, from + 5, "wrote")
  from = assert(text:find(', "x")', 1, true))
  local column = from - assert(text:find("      fs.write", 1, true))
  edits[2][2], edits[2][4] = column, column
  apply(from, from, ", 5, { nonsense = 1 }")
  from = assert(text:find("\n", 1, true)) + 1
  apply(1, from, "local tools = require \"lib.tools\"\r\nlocal unused = 1\n")
  local starts = { 1 }
  for stop in text:gmatch "()\n" do starts[#starts + 1] = stop + 1 end
  apply(starts[11], starts[12], "")
  local answers = ask(p, {
    { "open", "runbooks/book.lua", book }, { "edit", "runbooks/book.lua", table.unpack(edits) },
    { "textDocument/documentSymbol", "runbooks/book.lua" },
    { "open", "runbooks/whole.lua", text }, { "textDocument/documentSymbol", "runbooks/whole.lua" },
  })
  t.eq(answers[1].capabilities.textDocumentSync.change, 2)
  t.eq(answers[3], answers[5])
  t.ok(#answers[3] > 0, "it has mistakes by which it is known")
  t.eq(answers[4], answers[6])
  t.has(json.encode(answers[4]), "wrote")
end)
