--- almanac serve
local config = require "almanac.config.file"
local digest = require "native.digest"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local options = require "almanac.cli.options"
local server = require "almanac.serve.server"
local store = require "almanac.journal.store"
local task = require "native.task"

local M = {}

M.usage = [[serve [options]

Serves the runs of the journal as pages, live, until Ctrl-C: all of them, each as its report, and what can be done about
it: answering what it asks, pausing, cancelling. The address that is printed holds a token, without which nothing is
shown; a client certificate does as well. Over a network it needs TLS.]]

M.options = options.join({
  { "--port", "N", "the port (default 8484; 0: any free one)", number = { 0, 65535, whole = true } },
  { "--address", "IP", "where it listens (default 127.0.0.1)" },
  { "--token-file", "FILE", "the token, of at least 16 characters; default: a new one each time" },
  { "--cert", "FILE", "serve over TLS with this certificate (PEM)" },
  { "--key", "FILE", "its key (PEM)" },
  { "--client-ca", "FILE", "who has a certificate that this authority (PEM) signed needs no token" },
}, options.common)

local TOKEN_LEAST = 16

local function token_of(given)
  if not given.token_file then return digest.random_hex(16) end
  local token = fs.read_own(given.token_file, "token", true):match "^%s*(%S*)%s*$" or ""
  if #token >= TOKEN_LEAST and not token:find "[^%w_.-]" then return token end
  errors.raise {
    kind = "refused", message = given.token_file .. " holds no token",
    hint = string.format("at least %d letters, digits, '_', '.' or '-': openssl rand -hex 16", TOKEN_LEAST),
  }
end

local function refuse_file(file, noun, why, hint)
  errors.raise { kind = "refused", message = string.format("%s is no %s to trust: %s", file, noun, why), hint = hint }
end

--- Refuses a key that others read, and files that others say. A group may read a key of root's, as Debian's ssl-cert does.
local function check_files(given)
  for noun, file in pairs { certificate = given.cert, key = given.key, authority = given.client_ca } do
    local stat = fs.stat(file) -- what is not there is told by who reads it
    if stat and not fs.is_trusted(file) then
      refuse_file(file, noun, "it belongs to another user, or others can write to it",
        "make sure that nobody has changed it, then: chmod go-w " .. file .. "; or take a copy of your own")
    end
    if stat and noun == "key" and (stat.mode & 7 ~= 0 or stat.mode & 0x20 ~= 0 and stat.uid ~= 0) then
      refuse_file(file, noun, "others can read it, and pass for this server", "make another one, or: chmod 600 " .. file)
    end
  end
end

local function tls_of(given, address)
  check_files(given)
  if given.cert and given.key then return { cert = given.cert, key = given.key, client_ca = given.client_ca } end
  if given.cert or given.key or given.client_ca then errors.usage "--cert and --key go together, and --client-ca needs them" end
  if address:find "^127%." or address == "::1" then return nil end
  errors.raise {
    kind = "refused", message = "over a network the token and the answers would be read by others",
    hint = "add --cert FILE --key FILE, or listen on 127.0.0.1 and forward it: ssh -L 8484:127.0.0.1:8484 HOST",
  }
end

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  if #rest > 0 then errors.usage "usage: almanac serve [options]" end
  config.load(given)
  store.open("ro"):close() -- says where there is none
  local address = given.address or "127.0.0.1"
  local tls, token = tls_of(given, address), token_of(given)
  local listening = server.listen {
    port = given.port or 8484, address = address, token = token, secret = digest.random_hex(32), tls = tls,
    report = function(text) operator:say("almanac serve: " .. text) end,
  }
  local host = address:find(":", 1, true) and "[" .. address .. "]" or address
  -- As it is: a token in an address is concealed otherwise, and this one is for who asked for it.
  operator:encoded(string.format("%s://%s:%d/?token=%s\n", tls and "https" or "http", host, listening:port(), token))
  while true do task.sleep(3600) end
end

return M
