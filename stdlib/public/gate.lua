--- gate: a step that watches a condition over a window.
local gate = require("almanac.observe.gate").gate

return gate
