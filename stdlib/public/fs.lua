--- fs: files of this machine. Reads are free inside a step; writes are effects that are whole or not at all.
local impl = require "almanac.host.fs"

local M = {}

--- SHA-256 of a file's content, or nil when there is no such file. A read.
---
--- Raises: `io`.
---
--- ```lua
--- local digest = fs.digest "ops/values.yaml"
--- ```
---@param path string
---@return string? hex
M.digest = impl.digest

--- Whether there is a file, a directory or anything else at a path. A read.
---
--- Raises: `io`.
---
--- ```lua
--- if not fs.exists "ops/values.yaml" then note "no values" end
--- ```
---@param path string
---@return boolean
M.exists = impl.exists

--- The paths that match a pattern with * ? and [], sorted. A read.
---
--- Raises: `io`.
---
--- ```lua
--- for _, path in ipairs(fs.list "ops/*.yaml") do note(path) end
--- ```
---@param pattern string
---@return string[]
M.list = impl.list

--- Makes a directory and its parents; one that is there is fine. An effect.
---
--- Raises: `io`.
---
--- ```lua
--- fs.mkdir "out/reports"
--- ```
---@param path string
---@return string path
M.mkdir = impl.mkdir

--- The content of a file. A read.
---
--- Raises: `not_found`, `io`, `limit` where it is larger than `max_bytes`.
---
--- ```lua
--- local values = yaml.decode(fs.read("ops/values.yaml", { max_bytes = 65536 }))
--- ```
---@param path string
---@param options? fs.read.options
---@return string
M.read = impl.read

--- Removes a file, or a directory that is empty. An effect; its undo puts a file of at most 64 KiB back.
---
--- Raises: `io`.
---
--- ```lua
--- fs.remove "out/stale.txt"
--- ```
---@param path string
---@return boolean there  whether it was there
M.remove = impl.remove

--- What is at a path, or nil. A read.
---
--- Raises: `io`.
---
--- ```lua
--- local there = fs.stat "ops"
--- if there and there.type == "directory" then note "ops is a directory" end
--- ```
---@param path string
---@return { type: "file"|"directory"|"link"|"other", size: integer, mtime: number, mode: integer }?
---  size in bytes, mtime in seconds since 1970
M.stat = impl.stat

--- Writes a file: a temporary one beside it, synced and renamed, so that readers and a crash see the old or the
--- new text, never a part. An effect; its undo puts the old text back.
---
--- Raises: `io`, `limit` (more than 1 MiB).
---
--- ```lua
--- fs.write("out/tag.txt", "v0.5.0\n")
--- ```
---@param path string
---@param text string  at most 1 MiB
---@param options? fs.write.options
---@return { path: string, changed: boolean }
M.write = impl.write

return M
