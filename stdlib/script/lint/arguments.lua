--- What a call of a public function hands over, against what its annotations say: how many, and of which types.
local manual = require "almanac.script.manual.manual"
local refs = require "almanac.script.lint.refs"
local tree = require "almanac.script.lint.tree"
local types = require "almanac.script.lint.types"

local M = {}

local ordinals = { "first", "second", "third", "fourth", "fifth" }

---@class almanac.lint.Signature
---@field text string                "sleep(name, length)"
---@field params { name: string, types: almanac.lint.Type[], optional: boolean }[]
---@field open boolean               it takes more of the last one

local known = {} ---@type table<string, almanac.lint.Signature|false>

local function signature_of(name)
  if known[name] ~= nil then return known[name] end
  local page, entry = manual.find(name)
  known[name] = false
  if not entry or manual.is_constant(page, entry) then return false end
  local out = { text = manual.signature(page, entry), params = {}, open = false }
  for _, value in ipairs(entry.params) do
    if value.name == "..." then
      out.open = true
    else
      local alternatives = types.parse(value.type)
      table.insert(out.params, {
        name = value.name, types = alternatives,
        optional = value.optional or alternatives.optional or alternatives[1].name == "any",
      })
    end
  end
  out.open = out.open or entry.comment:find("@param ...", 1, true) ~= nil
  known[name] = out
  return out
end

--- The parameters that the arguments of a call stand for: one that may be left away in the middle is, where the
--- arguments are too few for all: step(name, fn).
local function taken(signature, count)
  local params = signature.params
  local left_out = #params - count
  if left_out <= 0 then return params end
  local out = {}
  for i, param in ipairs(params) do
    local later = params[#params]
    if left_out > 0 and param.optional and i < #params and not later.optional then
      left_out = left_out - 1
    else
      out[#out + 1] = param
    end
  end
  return out
end

--- Whether the last argument may stand for several, or none.
local function is_open(call)
  local last = call.args[#call.args]
  return last ~= nil and (last.tag == "Vararg" or last.tag == "Call" or last.tag == "Method")
end

local function check_call(call, name, signature, report)
  local count = #call.args
  local params = taken(signature, count)
  if count > #params and not signature.open and not is_open(call) then
    report(call.args[#params + 1].pos, "error", "argument-count", string.format("%s takes %d argument%s, not %d", name, #params,
      #params == 1 and "" or "s", count), "it is called as " .. signature.text)
    return
  end
  for i, param in ipairs(params) do
    local node = call.args[i]
    if node then
      local is_object = types.names(param.types, "almanac.ObjectRef")
      local ref = (is_object or types.names(param.types, "almanac.Ref")) and tree.constant_text(node)
      if ref then refs.check(ref, node.pos, report, is_object) end
      types.check(param.types, node, param.name, function(pos, rule, message, hint)
        local at_top = message:sub(1, #param.name + 6) == param.name .. " must "
        message = at_top and string.format("its %s argument (%s)%s", ordinals[i] or "next", param.name, message:sub(#param.name + 1))
          or message
        report(pos, "error", rule, name .. ": " .. message, hint or "it is called as " .. signature.text)
      end)
    elseif not param.optional and not is_open(call) then
      report(call.pos, "error", "argument-missing", string.format("%s: %s is missing", name, param.name),
        "it is called as " .. signature.text)
      return
    end
  end
end

--- Reports what is wrong with the arguments of calls.
---@param main almanac.lint.Node
---@param report fun(pos: integer, kind: string, rule: string, message: string, hint: string?)
function M.check(main, report)
  for _, call in ipairs(main.calls) do
    local name = tree.called(call)
    local signature = name and signature_of(name)
    if signature then check_call(call, name, signature, report) end
  end
end

return M
