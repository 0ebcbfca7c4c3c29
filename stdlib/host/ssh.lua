--- The SSH keys of a person, and what they sign: ssh-keygen -Y, and the keys of an agent. Needs OpenSSH 8.2.
--- Formats: allowed_signers in ssh-keygen(1); a signature is the armoured text of
--- https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig
local arguments = require "almanac.host.arguments"
local base64 = require "almanac.base.base64"
local codec = require "native.codec"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local process = require "native.process"
local scratch = require "native.scratch"
local sha256 = require("native.digest").sha256
local tool = require "almanac.host.tool"

local M = {}

--- What our signatures are made for: one that a key made for something else (git, a file) is none of ours.
M.NAMESPACE = "almanac"

local REFUSED = { [0] = true, [1] = true, [255] = true }
local SIGN_TIMEOUT = 120 -- seconds: a key of hardware waits for a finger

---@class almanac.SshKey
---@field text string         the public key's line: "ssh-ed25519 AAAA… comment"
---@field blob string         its base64
---@field fingerprint string  "SHA256:…"
---@field file string?        where it is; nil: in the agent alone

--- ssh-keygen. It cannot ask at the terminal: a passphrase comes by SSH_ASKPASS, or the key is in the agent.
local function ssh_keygen()
  local askpass = process.getenv "SSH_ASKPASS"
  return {
    program = "ssh-keygen", missing = "install openssh-client", within = {}, takes = { "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY" },
    env = { LC_ALL = "C", SSH_ASKPASS = askpass or "/bin/false", SSH_ASKPASS_REQUIRE = "force" },
  }
end

--- The one maker of ssh-keygen's arguments: `-Y ACTION`, options of one letter with their values.
---@param who string     the command, for errors
---@param action string  of -Y
---@param options table<string, string?>  by letter
---@return almanac.Arguments
local function words_of(who, action, options)
  local args = arguments.new(who, "-Y", action, "-n", M.NAMESPACE)
  for _, letter in ipairs { "f", "I", "s", "r", "O" } do
    args:short("-" .. letter, options[letter])
  end
  return args
end

local function ask(who, action, options, text)
  return tool.ask(ssh_keygen(), words_of(who, action, options), { ok = REFUSED, stdin = text, timeout = SIGN_TIMEOUT })
end

-- Keys -------------------------------------------------------------------------------------------

local function fingerprint_of(blob)
  local ok, bytes = errors.try(codec.base64_decode, blob)
  if not ok then return nil end
  local raw = sha256(bytes):gsub("%x%x", function(hex) return string.char(tonumber(hex, 16)) end)
  return "SHA256:" .. base64.encode(raw):gsub("=+$", "")
end

--- A public key, from its line.
---@param line string
---@param file? string
---@return almanac.SshKey?
local function key_of(line, file)
  local kind, blob = line:match "^(%a[%w@.-]*) ([%w+/]+=*)"
  local is_key = kind and (kind:find "^ssh%-" or kind:find "^ecdsa%-" or kind:find "^sk%-")
  local fingerprint = is_key and fingerprint_of(blob)
  return fingerprint and { text = line:match "^[^\n]*", blob = blob, fingerprint = fingerprint, file = file } or nil
end

local function expanded(path)
  local home = process.getenv "HOME"
  return home and path:gsub("^~/", (home:gsub("%%", "%%%%")) .. "/") or path
end

--- The key that is meant by a path: that of a private key, or of its .pub, the private half in the agent.
---@param path string
---@return almanac.SshKey  raises kind "refused"
function M.key(path)
  path = expanded(path)
  for _, file in ipairs { path, path .. ".pub" } do
    local ok, text = errors.try(fs.read, file)
    local key = ok and key_of(text, path)
    if key then return key end
  end
  if not fs.exists(path) then errors.raise { kind = "refused", message = "there is no key " .. path, hint = "almanac … --sign=KEY" } end
  local args = arguments.new("--sign", "-y"):short("-f", path)
  local result = tool.ask(ssh_keygen(), args, { ok = REFUSED })
  local key = result.code == 0 and key_of(result.stdout, path)
  if key then return key end
  errors.raise {
    kind = "refused", message = string.format("%s is no key that can be used: %s", path, result.stderr:match "^[^\n]*"),
    hint = "a key with a passphrase: ssh-add " .. path,
  }
end

--- The keys that this process could sign with, as far as it can tell: those of the agent, and those in ~/.ssh.
---@return almanac.SshKey[]
function M.at_hand()
  local keys, seen = {}, {}
  local function add(line, file)
    local key = key_of(line, file)
    if key and not seen[key.blob] then
      seen[key.blob] = true
      keys[#keys + 1] = key
    end
  end
  for _, file in ipairs(fs.list(expanded "~/.ssh/*.pub")) do
    local ok, text = errors.try(fs.read, file)
    if ok then add(text, (file:gsub("%.pub$", ""))) end
  end
  if process.getenv "SSH_AUTH_SOCK" then
    local ssh_add = { program = "ssh-add", missing = "install openssh-client", within = {} }
    local ok, result = errors.try(tool.ask, ssh_add, arguments.new("--sign", "-L"),
      { ok = { [0] = true, [1] = true, [2] = true } })
    for line in (ok and result.stdout or ""):gmatch "[^\n]+" do add(line) end
  end
  return keys
end

-- Those who may sign -----------------------------------------------------------------------------

--- The people whom an allowed_signers file names for a key. One that is named by a pattern, or vouched for by an
--- authority, is not found.
---@param signers string  the text of the file
---@param blob string
---@return string[] principals
function M.principals(signers, blob)
  local found = {}
  for line in signers:gmatch "[^\r\n]+" do
    local names, rest = line:match '^%s*"([^"]*)"%s+(.*)$'
    if not names then names, rest = line:match "^%s*([^#%s]%S*)%s+(.*)$" end
    if names and (" " .. rest .. " "):find(" " .. blob .. " ", 1, true) and not rest:find("cert-authority", 1, true) then
      for name in names:gmatch "[^,]+" do
        if not name:find "[*?!]" then found[#found + 1] = name end
      end
    end
  end
  return found
end

-- Signatures -------------------------------------------------------------------------------------

--- What ssh-keygen said to it, below a sentence of ours.
local function said(result)
  local words = result.stderr:gsub("Signing data on standard input\n", ""):match "^%s*(.-)%s*$"
  return words ~= "" and "\n" .. words or ""
end

--- Signs a text.
---@param key almanac.SshKey
---@param text string
---@return string signature  armoured; raises kind "refused"
function M.sign(key, text)
  local files <close> = scratch.open()
  local path = key.file or files:keep("key.pub", key.text .. "\n")
  local result = ask("--sign", "sign", { f = path }, text)
  if result.code == 0 then return result.stdout end
  errors.raise {
    kind = "refused", message = string.format("the key %s could not sign%s", key.file or key.fingerprint, said(result)),
    hint = "a key with a passphrase, or in hardware, signs by the agent: ssh-add " .. (key.file or ""),
  }
end

--- Why a signature does not count: asked of ssh-keygen in parts, and not read from its words.
local function reason(options, principal, text)
  local form = ask("verify", "check-novalidate", { s = options.s }, text)
  if form.code ~= 0 then return "the signature does not hold over what was signed" .. said(form) end
  if options.r and ask("verify", "verify", { f = options.f, I = principal, s = options.s }, text).code == 0 then
    return "the key was revoked"
  end
  local found = ask("verify", "find-principals", { f = options.f, s = options.s }, text)
  local owner = found.code == 0 and found.stdout:match "^[^\n]+"
  if owner and owner ~= principal then return string.format("the key is one of %s, not of %s", owner, principal) end
  local words = said(ask("verify", "verify", { f = options.f, I = principal, s = options.s }, text))
  return string.format("allowed_signers does not let %s sign with the key %s%s", principal,
    form.stdout:match "SHA256:%S+" or "that it was made with", words)
end

---@class almanac.SignersFiles  texts of files
---@field signers string  allowed_signers
---@field revoked? string

--- Whether a signature is of a person, over a text, for us, by a key that counts.
---@param files almanac.SignersFiles
---@param principal string
---@param text string
---@param signature string  armoured
---@param at? integer       seconds since 1970 at which the key must have counted; nil: now
---@return string? fingerprint of the key
---@return string? why  not
function M.verify(files, principal, text, signature, at)
  if principal:find "^%-" or principal == "" then return nil, string.format("%q is no principal", principal) end
  local dir <close> = scratch.open()
  local options = {
    f = dir:keep("allowed_signers", files.signers), s = dir:keep("signature", signature), I = principal,
    r = files.revoked and dir:keep("revoked", files.revoked) or nil,
    O = at and os.date("!verify-time=%Y%m%d%H%M%SZ", at) or nil,
  }
  local result = ask("verify", "verify", options, text)
  local key = result.code == 0 and result.stdout:match "SHA256:%S+"
  if key then return key end
  return nil, reason(options, principal, text)
end

return M
