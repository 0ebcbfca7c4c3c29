--- sleep: a wait that a resume does not begin anew.
local sleep = require("almanac.run.sleep").sleep

return sleep
