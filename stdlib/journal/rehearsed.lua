--- Effects of a rehearsal that did not take place: their titles say so, wherever they are shown. Pure.
local M = {}

local PREFIX = "previewed: "

--- The title of such an effect.
---@param title string of the effect
---@return string
function M.title(title) return PREFIX .. title end

--- Whether an effect of a rehearsal is one.
---@param title string?
---@return boolean
function M.is(title) return title ~= nil and title:sub(1, #PREFIX) == PREFIX end

return M
