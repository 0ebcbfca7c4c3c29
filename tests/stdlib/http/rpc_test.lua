-- JSON-RPC: results, the server's errors in every form, and answers that are none of this call's.
local httpd = require "native.httpd"
local json = require "native.json"
local rpc = require "almanac.http.rpc"
local t = require "tests.harness"

local URL = "http://node:8545/rpc"
local function result(body) return rpc.result(URL, "chain.getHead", body) end

t.test("a result is what the server sent", function()
  t.eq(result '{"jsonrpc":"2.0","id":1,"result":{"height":1337}}', { height = 1337 })
  t.eq(result '{"jsonrpc":"2.0","id":1,"result":0}', 0)
  t.eq(result '{"jsonrpc":"2.0","id":1,"result":false}', false)
  t.eq(result '{"jsonrpc":"2.0","id":1,"result":null}', nil)
  t.eq(result '{"jsonrpc":"2.0","id":1,"error":null,"result":"0x539"}', "0x539")
end)

t.test("an integer that passes 64 bits is text, to its last digit", function()
  t.eq(result '{"jsonrpc":"2.0","id":1,"result":9223372036854775807}', math.maxinteger)
  t.eq(result '{"jsonrpc":"2.0","id":1,"result":{"supply":115792089237316195423570985008687907853269984665640564039457584007913129639935}}',
    { supply = "115792089237316195423570985008687907853269984665640564039457584007913129639935" })
end)

t.test("whatever is sent as error is one", function()
  local err = t.raises("http", result, '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"method not found","data":[1]}}')
  t.eq(err.code, -32601)
  t.eq(err.data, json.array { 1 })
  t.has(err.message, "refused chain.getHead: method not found (code -32601)")
  t.has(err.hint, "does not know this method")
  t.has(t.raises("http", result, '{"error":"boom"}').message, "refused chain.getHead: boom")
  t.has(t.raises("http", result, '{"id":1,"error":"boom","result":{"height":1}}').message, "boom")
  t.has(t.raises("http", result, '{"id":1,"error":{"code":7}}').message, '{"code":7} (code 7)')
  t.has(t.raises("http", result, '{"id":1,"error":true}').message, "true")
  t.has(t.raises("http", result, '{"id":null,"error":{"code":-32700,"message":"parse error"}}').message, "parse error")
end)

t.test("the answer to another call is none", function()
  for body, said in pairs {
    ['{"jsonrpc":"2.0","id":2,"result":{"height":1}}'] = "of this call (id 2)",
    ['{"jsonrpc":"2.0","id":"1","result":{"height":1}}'] = 'of this call (id "1")',
    ['{"jsonrpc":"2.0","id":null,"result":1}'] = "of this call (id null)",
    ['{"jsonrpc":"2.0","result":{"height":1}}'] = "of this call (id is missing)",
    ['{"jsonrpc":"2.0","id":1}'] = "no JSON-RPC", ['[{"jsonrpc":"2.0","id":1,"result":1}]'] = "no JSON-RPC",
    ["<html>"] = "no JSON-RPC", ["1"] = "no JSON-RPC", [""] = "no JSON-RPC",
  } do t.has(t.raises("http", result, body).message, said, body) end
end)

t.test("over the network: the body of a failed request says why", function()
  local server = httpd.listen {
    handler = function(request, response)
      local call = json.decode(request.body)
      if call.method == "bad" then
        return response:send(400, {}, '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no such block"}}')
      elseif call.method == "lost" then
        return response:send(404, {}, "no page")
      end
      response:send(200, {}, json.encode { jsonrpc = "2.0", id = call.id, result = call.params })
    end,
  }
  local url = "http://127.0.0.1:" .. server:port() .. "/rpc"
  t.eq(rpc.call(url, "echo", { 1, "b" }), json.array { 1, "b" })
  t.eq(rpc.call(url, "echo"), json.array {})
  t.has(t.raises("http", rpc.call, url, "bad").message, "refused bad: no such block (code -32602)")
  t.has(t.raises("http", rpc.call, url, "lost").message, "answered 404")
  t.raises("usage", rpc.call, url, nil)
  t.has(t.raises("usage", rpc.call, url, "m", "0x1").hint, 'a list of one: { "0x1" }')
  t.raises("usage", rpc.call, url, "m", nil, { tiemout = 1 })
  server:close()
end)
