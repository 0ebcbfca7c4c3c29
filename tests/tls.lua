--- A certificate of 127.0.0.1 for a test's own server, made where the test runs.
local t = require "tests.harness"

local M = {}

--- Makes cert.pem and key.pem in a directory; what httpd.listen takes as `tls`.
---@param dir string
---@return { cert: string, key: string }
function M.certificate(dir)
  t.must({ "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem" },
    { cwd = dir })
  return { cert = dir .. "/cert.pem", key = dir .. "/key.pem" }
end

return M
