--- parallel: steps side by side.
local parallel = require("almanac.run.parallel").parallel

return parallel
