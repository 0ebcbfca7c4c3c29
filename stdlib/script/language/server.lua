--- A language server: what each request of the Language Server Protocol is answered with.
--- Source: https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/
local completion = require "almanac.script.language.completion"
local declared = require "almanac.script.language.declared"
local diagnostics = require "almanac.script.language.diagnostics"
local documents = require "almanac.script.language.document"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local hover = require "almanac.script.language.hover"
local json = require "native.json"
local library_file = require "almanac.script.library_file"
local planned = require "almanac.script.language.planned"
local process = require "native.process"

local M = {}

local INCREMENTAL = 2 -- TextDocumentSyncKind: each change is of a range
local METHOD_NOT_FOUND, INVALID_REQUEST, INTERNAL = -32601, -32600, -32603
local STEP, NOT_INITIALIZED = 12, -32002    -- SymbolKind.Function

---@class almanac.language.Server
---@field send fun(message: table)
---@field open table<string, almanac.language.Document>  by uri
---@field root string         of the project, with which the paths of documents begin
---@field state "new"|"running"|"shut down"|"over"
local Server = {}
Server.__index = Server

--- A server.
---@param send fun(message: table)  takes what goes to the client
---@return almanac.language.Server
function M.new(send)
  return setmetatable({ send = send, open = {}, root = fs.real "." or process.cwd(), state = "new" }, Server)
end

local function decoded(text)
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

--- The path of a document, from the project; nil for one that is no file.
function Server:path_of(uri)
  local path = uri:match "^file://[^/]*(/.*)$"
  path = path and decoded(path)
  if not path then return uri end
  return path:sub(1, #self.root + 1) == self.root .. "/" and path:sub(#self.root + 2) or path
end

function Server:uri_of(path)
  if path:sub(1, 1) ~= "/" then path = self.root .. "/" .. path end
  return "file://" .. path:gsub("[^%w/._~-]", function(c) return string.format("%%%02X", c:byte()) end)
end

function Server:texts()
  local out = {}
  for _, document in pairs(self.open) do out[document.path] = document.text end
  return out
end

--- Checks a document and tells the client.
function Server:publish(uri)
  local document = self.open[uri]
  local list = document and diagnostics.of(document, self:texts()) or json.array {}
  self.send { jsonrpc = "2.0", method = "textDocument/publishDiagnostics", params = { uri = uri, diagnostics = list } }
end

function Server:put(document)
  self.open[document.uri] = document
  self:publish(document.uri)
end

--- The document of a request, and the byte of its position.
function Server:place(params)
  local document = self.open[params.textDocument.uri]
  if not document then errors.usage("%s is not open", params.textDocument.uri) end
  return document, params.position and document:offset(params.position)
end

local notifications, requests = {}, {}

notifications["textDocument/didOpen"] = function(self, params)
  local uri = params.textDocument.uri
  self:put(documents.new(uri, self:path_of(uri), params.textDocument.text))
end

--- Each change is of the text that the one before left.
notifications["textDocument/didChange"] = function(self, params)
  local document = self.open[params.textDocument.uri]
  if not document then return end
  for _, change in ipairs(params.contentChanges) do document = document:changed(change) end
  self:put(document)
end

--- What a library says may have changed what its runbooks are.
notifications["textDocument/didSave"] = function(self)
  for uri in pairs(self.open) do self:publish(uri) end
end

notifications["textDocument/didClose"] = function(self, params)
  self.open[params.textDocument.uri] = nil
  self:publish(params.textDocument.uri)
end

function notifications.exit(self) self.state = "over" end

function requests.initialize(self)
  self.state = "running"
  return {
    capabilities = {
      positionEncoding = "utf-16",
      textDocumentSync = { openClose = true, change = INCREMENTAL, save = true },
      completionProvider = { triggerCharacters = json.array { ".", '"', "{" } },
      hoverProvider = true, definitionProvider = true, documentSymbolProvider = true, codeLensProvider = { resolveProvider = false },
    },
    serverInfo = { name = "almanac", version = process.version },
  }
end

function requests.shutdown(self)
  self.state = "shut down"
  return json.null
end

requests["textDocument/completion"] = function(self, params)
  local document, offset = self:place(params)
  return completion.at(document, offset)
end

requests["textDocument/hover"] = function(self, params)
  local document, offset = self:place(params)
  local text, from, to, kind = hover.at(document, offset)
  if not text then return json.null end
  return { contents = { kind = kind, value = text }, range = document:range(from, to) }
end

requests["textDocument/definition"] = function(self, params)
  local document, offset = self:place(params)
  local required = declared.required(document.text, offset)
  if required then
    local path = library_file.paths(library_file.directory(document.path), required)
    if not fs.exists(path) then return json.null end -- built into the program
    local start = { line = 0, character = 0 }
    return { uri = self:uri_of(path), range = { start = start, ["end"] = start } }
  end
  local word = document:word(offset)
  local from = word and declared.definition(document.text, word:match "^[%w_]+")
  return from and { uri = document.uri, range = document:range(from, from) } or json.null
end

local function symbols(document, steps)
  local out = {}
  for i, step in ipairs(steps) do
    local range = document:range(step.from, step.to)
    out[i] = { name = step.name, detail = step.by, kind = STEP, range = range, selectionRange = range,
      children = symbols(document, step.children) }
  end
  return json.array(out)
end

requests["textDocument/documentSymbol"] = function(self, params)
  local document = self:place(params)
  return symbols(document, declared.steps(document.text))
end

requests["textDocument/codeLens"] = function(self, params)
  return planned.lenses((self:place(params)))
end

function Server:refuse(id, code, message)
  self.send { jsonrpc = "2.0", id = id, error = { code = code, message = message } }
end

--- Answers a message. What goes wrong in it is told to the client, and the server goes on.
---@param message table
function Server:take(message)
  local id, method = message.id, message.method
  if type(method) ~= "string" then return end -- an answer to a request of ours; there are none
  local params = type(message.params) == "table" and message.params or {}
  if id == nil then
    local notify = notifications[method]
    if notify and (self.state == "running" or method == "exit") then errors.try(notify, self, params) end
    return
  end
  local answer = requests[method]
  if self.state == "new" and method ~= "initialize" then return self:refuse(id, NOT_INITIALIZED, "initialize comes first") end
  if self.state == "shut down" then return self:refuse(id, INVALID_REQUEST, "it was shut down") end
  if not answer then return self:refuse(id, METHOD_NOT_FOUND, "no method " .. method) end
  local ok, result = errors.try(answer, self, params)
  if not ok then return self:refuse(id, INTERNAL, result.message) end
  self.send { jsonrpc = "2.0", id = id, result = result }
end

return M
