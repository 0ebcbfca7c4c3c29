--- JSON-RPC 2.0: the calls that Almanac sends, and what it makes of answers, as the specification has both
--- (https://www.jsonrpc.org/specification, sections 4, 5 and 7). No real program judges these.
local errors = require "almanac.base.errors"
local httpd = require "native.httpd"
local json = require "native.json"
local rpc = require "almanac.http.rpc"

local M = { area = "JSON-RPC", against = "the specification's words and examples; no program" }

local OK = '{"jsonrpc":"2.0","result":19,"id":1}'
local function failed(code, message, id)
  return string.format('{"jsonrpc":"2.0","error":{"code":%d,"message":"%s"},"id":%s}', code, message, id or "1")
end
local function result(text) return '{"jsonrpc":"2.0","result":' .. text .. ',"id":1}' end

--- Name, parameters, the request as the specification writes it.
local requests = {
  { "positional parameters", { 42, 23 }, '{"id":1,"jsonrpc":"2.0","method":"subtract","params":[42,23]}' },
  { "positional parameters, the other way", { 23, 42 }, '{"id":1,"jsonrpc":"2.0","method":"subtract","params":[23,42]}' },
  { "named parameters", { subtrahend = 23, minuend = 42 },
    '{"id":1,"jsonrpc":"2.0","method":"subtract","params":{"minuend":42,"subtrahend":23}}' },
  { "no parameters", nil, '{"id":1,"jsonrpc":"2.0","method":"subtract","params":[]}' },
  { "null among parameters", { "a", json.null }, '{"id":1,"jsonrpc":"2.0","method":"subtract","params":["a",null]}' },
  { "structures in parameters", { { a = { 1 } } }, '{"id":1,"jsonrpc":"2.0","method":"subtract","params":[{"a":[1]}]}' },
  { "parameters that are no structure", "x", "refused" }, { "a number as the parameters", 5, "refused" },
}

--- Name, the answer, what it comes to.
local answers = {
  { "a result", OK, "19" }, { "spaces and another order", '{ "id" : 1, "result" : 19, "jsonrpc" : "2.0" }\n', "19" },
  { "null as the result", result "null", "null" }, { "false as the result", result "false", "false" },
  { "zero as the result", result "0", "0" }, { "text as the result", result '""', '""' }, { "a list", result "[1,[2]]", "[1,[2]]" },
  { "an object", result '{"a":null}', '{"a":null}' }, { "an empty list", result "[]", "[]" },
  { "a call of a method that is not there", failed(-32601, "Method not found"), "-32601 Method not found" },
  { "invalid JSON", failed(-32700, "Parse error", "null"), "-32700 Parse error" },
  { "an invalid request", failed(-32600, "Invalid Request", "null"), "-32600 Invalid Request" },
  { "invalid parameters", failed(-32602, "Invalid params"), "-32602 Invalid params" },
  { "an internal error", failed(-32603, "Internal error"), "-32603 Internal error" },
  { "a server's own error", failed(-32000, "busy"), "-32000 busy" }, { "an application's error", failed(7, "no block"), "7 no block" },
  { "an error with data", '{"jsonrpc":"2.0","error":{"code":3,"message":"reverted","data":"0x08"},"id":1}', "3 reverted \"0x08\"" },
  { "an error of the id null with another reason", failed(5, "limit", "null"), "5 limit" },
  { "a notification's answer, which is none", "", "refused" },
  { "an empty batch", "[]", "refused" }, { "a batch", "[" .. OK .. "]", "refused" },
  { "a batch of errors", "[" .. failed(-32600, "Invalid Request", "null") .. "]", "refused" },
  { "another id", '{"jsonrpc":"2.0","result":19,"id":2}', "refused" },
  { "the id as text", '{"jsonrpc":"2.0","result":19,"id":"1"}', "refused" },
  { "the id null", '{"jsonrpc":"2.0","result":19,"id":null}', "refused" }, { "no id", '{"jsonrpc":"2.0","result":19}', "refused" },
  { "neither result nor error", '{"jsonrpc":"2.0","id":1}', "refused" },
  { "result and error", '{"jsonrpc":"2.0","result":19,"error":{"code":1,"message":"x"},"id":1}', "refused" },
  { "text as the error", '{"jsonrpc":"2.0","error":"boom","id":1}', "refused" },
  { "an error without a code", '{"jsonrpc":"2.0","error":{"message":"x"},"id":1}', "refused" },
  { "another version", '{"jsonrpc":"1.0","result":19,"id":1}', "refused" },
  { "no version, and null as the error", '{"result":19,"error":null,"id":1}', "refused" },
  { "a text", '"19"', "refused" }, { "a number", "19", "refused" }, { "cut short", '{"jsonrpc":"2.0","result":1', "refused" },
}

local function outcome(url, params)
  local ok, value = errors.try(rpc.call, url, "subtract", params)
  if ok then return value == nil and "null" or json.encode(value, { canonical = true }) end
  if not value.code then return "refused", value.message end
  local data = value.data and " " .. json.encode(value.data) or ""
  return string.format("%s %s%s", value.code, value.message:match "subtract: (.*) %(code", data)
end

--- Each call and each answer.
function M.run()
  local sent, answer, out
  local server = httpd.listen { handler = function(request, response)
    sent = json.encode(json.decode(request.body), { canonical = true })
    response:send(200, { ["Content-Type"] = "application/json" }, answer)
  end }
  local url = "http://127.0.0.1:" .. server:port() .. "/rpc"
  answer, out = OK, {}
  for _, case in ipairs(requests) do
    sent = nil
    local _, why = outcome(url, case[2])
    out[#out + 1] = { name = case[1], ours = sent or "refused", theirs = case[3], why = why }
  end
  for _, case in ipairs(answers) do
    answer = case[2]
    local ours, why = outcome(url, {})
    out[#out + 1] = { name = case[1], ours = ours, theirs = case[3], why = why }
  end
  server:close()
  return out
end

local OLDER = "servers of JSON-RPC 1.0 are understood too: the id says whose answer it is"

M.differ = {
  ["result and error"] = "the server's error is shown, as it would be alone",
  ["another version"] = OLDER, ["no version, and null as the error"] = OLDER,
}

return M
