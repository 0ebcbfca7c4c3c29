--- confirm: a yes or no from the operator.
local confirm = require("almanac.run.confirm").confirm

return confirm
