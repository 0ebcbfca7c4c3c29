--- Scopes while a text is parsed: which local a name means, what a goto reaches, as lparser.c of
--- Lua decides it. https://www.lua.org/source/5.4/lparser.c.html
local M = {}

---@class almanac.lint.Binding   a local variable or a parameter
---@field name string
---@field pos integer
---@field attrib? string         "const" | "close"
---@field value? table           the expression it is made with, where that is one expression
---@field assigned? boolean      it is assigned to again somewhere
---@field owner almanac.lint.Function

---@class almanac.lint.Function  what is known of a function while its body is read
---@field parent? almanac.lint.Function
---@field vararg boolean
---@field active almanac.lint.Binding[]  variables in scope, innermost last
---@field gotos table[]                  jumps that have not met their label
---@field block? table

--- Raises what parser.parse gives back as an error.
---@param pos integer place in the text
---@param message string
function M.fail(pos, message)
  error({ pos = pos, message = message }, 0)
end

---@param parent? almanac.lint.Function
---@return almanac.lint.Function
function M.open(parent)
  local fn = { parent = parent, vararg = false, active = {}, gotos = {} }
  M.enter(fn, false)
  return fn
end

---@param fn almanac.lint.Function
---@param loop boolean
function M.enter(fn, loop)
  fn.block = { loop = loop, level = #fn.active, first_goto = #fn.gotos + 1, labels = {}, outer = fn.block }
end

--- Settles the jumps of the innermost block to a label there, which has `level` variables in scope.
local function settle(fn, name, level)
  local gotos, kept = fn.gotos, fn.block.first_goto - 1
  for i = fn.block.first_goto, #gotos do
    local jump = gotos[i]
    gotos[i] = nil
    if jump.name ~= name then
      kept = kept + 1
      gotos[kept] = jump
    elseif jump.level < level then
      local variable = fn.active[jump.level + 1].name
      M.fail(jump.pos, string.format("goto %s jumps into the scope of local '%s'", name, variable))
    end
  end
end

---@param fn almanac.lint.Function
function M.leave(fn)
  local block = fn.block
  for i = #fn.active, block.level + 1, -1 do fn.active[i] = nil end
  if block.loop then settle(fn, "break", block.level) end
  fn.block = block.outer
  for i = block.first_goto, #fn.gotos do
    local jump = fn.gotos[i]
    if not block.outer then
      M.fail(jump.pos, jump.name == "break" and "break outside a loop"
        or string.format("no visible label '%s' for goto", jump.name))
    end
    jump.level = block.level
  end
end

--- Brings a variable into scope.
---@return almanac.lint.Binding
function M.declare(fn, name, pos, attrib)
  local binding = { name = name, pos = pos, attrib = attrib, owner = fn }
  fn.active[#fn.active + 1] = binding
  return binding
end

--- The variable that a name means here; nil: a global.
---@param fn almanac.lint.Function
---@param name string
---@return almanac.lint.Binding?
function M.resolve(fn, name)
  while fn do
    local active = fn.active
    for i = #active, 1, -1 do
      if active[i].name == name then return active[i] end
    end
    fn = fn.parent
  end
end

--- Fails when the function has such a label in a block that is still open.
function M.check_label(fn, name, pos)
  local block = fn.block
  while block do
    if block.labels[name] then M.fail(pos, string.format("label '%s' is already defined", name)) end
    block = block.outer
  end
end

---@param last boolean nothing but the end of the block follows: its variables count as gone
function M.label(fn, name, last)
  fn.block.labels[name] = true
  settle(fn, name, last and fn.block.level or #fn.active)
end

function M.jump(fn, name, pos)
  local block = name ~= "break" and fn.block or nil
  while block do
    if block.labels[name] then return end
    block = block.outer
  end
  fn.gotos[#fn.gotos + 1] = { name = name, pos = pos, level = #fn.active }
end

return M
