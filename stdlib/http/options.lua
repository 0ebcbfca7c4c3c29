--- What the functions of http take: the tables of reads and of writes, declared.
local fields = require "almanac.base.fields"
local headers = require "almanac.http.headers"

local M = {}

local STATUSES = { "integer|list|enum", of = "integer", values = { "any" }, words = 'a status, a list of them or "any"' }

local COMMON = {
  url = { "text", required = true, secret = true, help = "with a secret in it, it is one" },
  headers = { "map", take = headers.check, help = "texts, secrets" },
  query = { "any", help = "a table, added to the URL: texts, numbers, booleans, secrets, and lists of those" },
  user = { "string", secret = true, help = "basic authentication" },
  password = { "string", secret = true, help = "basic authentication" },
  timeout = { "seconds", shown_default = "30s", help = "for one try" },
  connect_timeout = { "seconds", shown_default = "10s", help = "until the connection stands" },
  max_bytes = { "count", unit = "bytes", shown_default = "16 MiB", help = "of the answer" },
  redirects = { "integer", shown_default = "5", help = "how many a read follows; nothing secret goes to another host" },
  expect = fields.with(STATUSES, { shown_default = "200 to 299", help = "statuses that are good" }),
  ca_file = { "text", help = "PEM of the authority to trust in place of the system's" },
  cert_file = { "text", help = "PEM of the client's certificate" },
  key_file = { "text", help = "PEM of its key" },
  server_name = { "text", help = "to ask for and to verify in place of the URL's host" },
  insecure = { "flag", help = "verifies no certificate" },
  proxy = { "text", secret = true, help = "URL of a proxy" },
  unix_socket = { "text", help = "path of the socket to connect to" },
}

local READ = fields.with(COMMON, {
  json = { "flag", help = "the answer is decoded into json" },
  retry = {
    "shape", help = "of a read that failed in the network, or got 429, 502, 503 or 504",
    of = {
      times = { "count", shown_default = "3", help = "tries at most" },
      delay = { "seconds", shown_default = "0.5s", help = "before the second, then doubling" },
    },
  },
})

local WRITE = fields.with(COMMON, {
  body = { "string", secret = true, help = "what is sent" },
  json = { "any", help = "the body, sent as JSON" },
  check = {
    "shape", help = "a GET that tells, after a crash, whether it took place",
    of = {
      url = { "text", required = true, secret = true, help = "what is asked" },
      expect = fields.with(STATUSES, { shown_default = "200 to 299", help = "statuses that say so" }),
      contains = { "text", help = "what the answer must hold" },
    },
  },
})

local NOT_OF_WRITES = { retry = "a write is not retried; put it in a step with retry" }

for _, verb in ipairs { "get", "head" } do fields.declare("http." .. verb, READ, { positional = "url" }) end
for _, verb in ipairs { "post", "put", "patch", "delete" } do
  fields.declare("http." .. verb, WRITE, { positional = "url", elsewhere = NOT_OF_WRITES })
end

M.REQUEST = fields.declare("http.request", fields.with(fields.with(READ, WRITE), {
  method = { "text", required = true, help = "GET, HEAD and OPTIONS are reads, the others effects" },
  json = { "any", help = "of a write: the body, sent as JSON; of a read, true: the answer is decoded into json" },
}))

-- What a method's kind has no use for is refused, not dropped.
local METHOD = { method = M.REQUEST.fields.method }
M.READ_REQUEST = { who = "http.request", at = 1, fields = fields.with(READ, METHOD) }
M.WRITE_REQUEST = { who = "http.request", at = 1, fields = fields.with(WRITE, METHOD), elsewhere = NOT_OF_WRITES }

return M
