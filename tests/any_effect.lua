--- For files that define effects of their own as the standard library does: the catalogue, which names its effects, has none
--- of theirs.
require("almanac.run.definitions").use_catalogue {
  knows = function() return true end, load = function() end, is_reserved = function() return false end,
  categories = function() return {} end, asking = function() return {} end, category_of = function() end,
}
