--- YAML, decoded and encoded.
local yaml = require "native.yaml"

return yaml
