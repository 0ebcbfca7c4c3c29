---@meta native.needles
-- Made by `make docs` from runtime/native/needles.c: edit that.

---@class native.needles.Needles
local Needles = {}

--- Adds a text that is to be found from now on.
---@param text string  not empty
---@return integer number  the first one is 1
function Needles:add(text) end

--- Every place of one of the texts in another, however it is spelt or encoded there.
---@param text string
---@param part_first? integer  the text was cut at its beginning: so many last bytes of one count there
---@param part_last? integer  it was cut at its end: so many first bytes count there
---@return integer[]? places  four numbers each: first byte, last byte, number of the text, and 1 where it was
---  encoded (else 0); nil when there is none
function Needles:find(text, part_first, part_last) end

--- Where one of the texts may begin of which this one has the beginning alone, at its end.
---@param text string
---@param plain integer  so many of its bytes at least
---@param encoded integer  so many bits where it is encoded
---@return integer at  the length of the text and one more when there is none
function Needles:open(text, plain, encoded) end

--- Texts that are looked for in others.
---@class native.needles
local M = {}

--- An empty set of texts.
---@return native.needles.Needles
function M.new() end

--- Whether a text holds one of the others, spelt just so.
---@param text string
---@param ... string
---@return boolean
function M.any(text, ...) end

return M
