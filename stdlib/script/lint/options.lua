--- Tables of options that are written where they are handed over: names that there are not, and values of a
--- type that the field cannot be, by what the functions declare.
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local literal = require "almanac.script.lint.literal"
local manual = require "almanac.script.manual.manual"
local mends = require "almanac.script.lint.mend"
local names = require "almanac.script.public"
local refs = require "almanac.script.lint.refs"
local task = require "native.task"
local tree = require "almanac.script.lint.tree"
local unknown = require "almanac.base.unknown"

local M = {}

local check_table

--- Tries a value by what the field itself says of it; one that is computed is left to the run, and so is a table that has a
--- name, by which more may be put into it.
local function check_taken(who, path, spec, node, report)
  if tree.resolve(node).tag == "Table" and node.tag ~= "Table" then return end
  local value = literal.value(node)
  if value == nil or unknown.within(value) then return end
  local ok, err = errors.try(task.with, { permit = "compute" }, spec.take, who, value, path)
  if not ok and err.kind == "usage" then report(node.pos, "error", "option-type", err.message, err.hint or spec.help) end
end

local function check_value(who, path, spec, node, report)
  if spec.take then return check_taken(who, path, spec, node, report) end
  local resolved = tree.resolve(node)
  if resolved.tag == "Table" then
    if type(spec.of) == "table" and spec[1]:find "shape" then
      return check_table(who, path .. ".", { fields = spec.of }, resolved, report)
    end
    if spec[1] == "list" and type(spec.of) == "table" then
      for i, item in ipairs(resolved.items) do
        local inner = not item.key and tree.resolve(item.value)
        if inner and inner.tag == "Table" then
          check_table(who, string.format("%s[%d].", path, i), { fields = spec.of }, inner, report)
        end
      end
      return
    end
    if not fields.may_be_table(spec) then
      report(node.pos, "error", "option-type", string.format("%s: %s must be %s, not a table", who, path, fields.words(spec)), spec.help)
    end
    return
  end
  local known = literal.constant(node)
  if known and type(known[1]) == "string" and spec[1] == "ref" and known[1]:find "/" then refs.check(known[1], node.pos, report) end
  if not known or known[1] == nil or fields.fitting(spec, known[1]) then return end
  report(node.pos, "error", "option-type", fields.unfit(who, path, spec, known[1]), spec.help)
end

--- The names that are written in a table constructor.
local function named_in(node)
  local named = {}
  for _, item in ipairs(node.items) do
    local name = tree.name_of(item)
    if name then named[name] = true end
  end
  return named
end

--- A name that is no field of the table, unless it may be another one; whether it was reported.
local function check_other(who, prefix, declared, item, name, named, report)
  if declared.open and not fields.meant(name, declared.fields, named) then return false end
  local where = prefix ~= "" and prefix:sub(1, -2) .. ": " or ""
  report(item.key.pos, "error", "option-name", string.format("%s: %s%s", who, where, fields.unknown_name(name, declared.fields)),
    fields.unknown_hint(name, declared.fields, declared.elsewhere), mends.of(name, declared.fields, named))
  return true
end

--- Checks what a table constructor holds under names; what is computed is left alone.
function check_table(who, prefix, declared, node, report)
  local given, open = {}, false
  for _, item in ipairs(node.items) do
    local name = tree.name_of(item)
    if not name then
      open = true
    else
      local spec = declared.fields[name]
      given[name] = true
      if spec then
        check_value(who, prefix .. name, spec, item.value, report)
      else
        local was_reported = check_other(who, prefix, declared, item, name, named_in(node), report)
        open = open or was_reported -- what is missing may be what was meant
      end
    end
  end
  return given, open
end

local function check_missing(declaration, node, given, report)
  for name, spec in pairs(declaration.fields) do
    if spec.required and not given[name] then
      report(node.pos, "error", "option-missing", spec.or_words
        and string.format("%s: the command is missing: its words, or %s", declaration.who, name)
        or string.format("%s: %s is missing", declaration.who, name), spec.help)
    end
  end
end

--- Where the value of a field stands; without such a field the table.
local function place_of(node, field)
  for _, item in ipairs(node.items) do
    if field and tree.name_of(item) == field then return item.value.pos end
  end
  return node.pos
end

--- Tries a table that is written down by what the function itself says of the whole of it.
local function check_whole(declaration, call, node, report)
  local raw = literal.value(node)
  local name = call.args[1] and tree.constant_text(call.args[1])
  local ok, err = errors.try(task.with, { permit = "compute" }, declaration.whole, raw, name)
  -- What is computed is not known here; what is wrong with a single field has been said.
  if not ok and err.kind == "usage" then
    report(place_of(node, err.field), "error", "option-together", err.message, err.hint)
  end
  if not ok or not declaration.doubt then return end
  local told, doubt = errors.try(task.with, { permit = "compute" }, declaration.doubt, raw, name)
  if told and doubt then report(place_of(node, doubt.field), "warning", "option-doubtful", doubt.message, doubt.hint) end
end

--- Words, or what else may stand before the options, that are a table: sh.run({ "ls" }, { env = … }).
local function check_before(declaration, call, report)
  local last = call.args[#call.args]
  if not declaration.positional or #call.args < 2 or tree.resolve(last).tag ~= "Table" then return end
  for i = 1, #call.args - 1 do
    if tree.resolve(call.args[i]).tag == "Table" then
      local who = declaration.who
      report(call.args[i].pos, "error", "argument-type",
        string.format("%s: a table stands before the table of options", who),
        string.format(declaration.fields[declaration.positional].or_words
          and 'write one table, %s { "ls", … }, or the words before the options: %s("ls", { … })'
          or "write one table, %s { " .. declaration.positional .. " = … }, or %s(" .. declaration.positional .. ", { … })", who, who))
      return
    end
  end
end

--- The table of options of a call. A first argument that may be left away is, where the table stands in its place: gate { … }.
local function table_of(call, declaration, first)
  local is_table = first and first.tag == "Table"
  if declaration.positional and not is_table then return call.args[#call.args], true end -- http.get(url, { … }), sh.run("ls", { … })
  if call.args[declaration.at] or not is_table then return call.args[declaration.at], false end
  local _, entry = manual.find(declaration.who)
  local stands_first = entry and entry.params[1] and entry.params[1].type:find(declaration.who .. ".options", 1, true)
  return stands_first and call.args[1] or nil, false
end

--- What is declared of a public function that is called.
local function of_function(callee)
  local origin = tree.origin(callee)
  if not origin or not origin.global then return nil end
  names.load(origin.global)
  return fields.of(tree.dotted(origin)), tree.dotted(origin)
end

--- The public function that gives a value; of a variable that is set later, as in a before_each, the one that all give.
local function giver_of(main, node)
  local value = tree.resolve(node)
  if value.tag == "Call" then return select(2, of_function(value.callee)) end
  if value.tag ~= "Name" or not value.binding or value.binding.value then return nil end
  local who
  for _, assign in ipairs(main.assigns) do
    for i, target in ipairs(assign.targets) do
      if target.binding == value.binding then
        local given = assign.values[i]
        local one = given and given.tag == "Call" and select(2, of_function(given.callee))
        if not one or who and who ~= one then return nil end
        who = one
      end
    end
  end
  return who
end

--- What is declared of a method that is called of what a public function gave: world {}:fault { … }.
local function of_method(main, method)
  local who = giver_of(main, method.object)
  local declaration = who and fields.of(who .. "." .. method.name)
  return declaration and declaration.method and declaration
end

local function check_call(call, declaration, say)
  local first = call.args[1] and tree.resolve(call.args[1])
  local found, positional = table_of(call, declaration, first)
  local node = found and tree.resolve(found)
  if not node or node.tag ~= "Table" then return end
  check_before(declaration, call, say)
  local reported = 0
  local function report(...)
    reported = reported + 1
    say(...)
  end
  local given, open = check_table(declaration.who, "", declaration, node, report)
  if not open and not positional then check_missing(declaration, node, given, report) end
  if declaration.whole and not open and reported == 0 then check_whole(declaration, call, node, report) end
end

--- Reports what is wrong in tables of options.
---@param main almanac.lint.Node
---@param report fun(pos: integer, kind: string, rule: string, message: string, hint: string?)
function M.check(main, report)
  for _, call in ipairs(main.calls) do
    local declaration = of_function(call.callee)
    if declaration then check_call(call, declaration, report) end
  end
  for _, method in ipairs(main.methods) do
    local declaration = of_method(main, method)
    if declaration then check_call(method, declaration, report) end
  end
end

return M
