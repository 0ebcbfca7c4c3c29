--- JSON, decoded and encoded.
local json = require "native.json"

return json
