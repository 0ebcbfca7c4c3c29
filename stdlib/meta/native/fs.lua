---@meta native.fs
-- Made by `make docs` from runtime/native/fs.c: edit that.

--- Files. They block: files of runbooks are small. Failures name the path.
---@class native.fs
local M = {}

--- The text of a file. Permit "read".
---
--- Raises: `not_found`, `io`, `limit`, `refused` (what /proc tells of a process).
---@param path string
---@param options? { max_bytes?: integer }  16 MiB
---@return string
function M.read(path, options) end

--- The text of a file that is ours (or root's, unless it is private), no link, and that nobody else
--- can write; a private one nobody else can read either. Permit "read".
---
--- Raises: `not_found`, `io`, `limit`, `refused`.
---@param path string
---@param noun string       what it is, for errors: "plan"
---@param private? boolean
---@return string
function M.read_own(path, noun, private) end

--- The SHA-256 of a file. Permit "read".
---
--- Raises: `io`.
---@param path string
---@return string? digits  hexadecimal; nil where there is no file
function M.digest(path) end

--- Whether something is there. Permit "read".
---@param path string
---@return boolean
function M.exists(path) end

--- What is known of a path, links followed. Permit "read".
---
--- Raises: `io`.
---@param path string
---@return { type: string, size: integer, mtime: integer, mode: integer, uid: integer }?  size in bytes, mtime in seconds; nil where there is nothing
function M.stat(path) end

--- The paths that match, sorted. Permit "read".
---
--- Raises: `io`.
---@param pattern string  as glob(7)
---@return string[]
function M.list(pattern) end

--- Writes a temporary file beside it, syncs, renames and syncs the directory: after a crash the old
--- or the new text is there. An existing file keeps its mode; a link is written through. Permit
--- "effect".
---
--- Raises: `not_found`, `io`.
---@param path string
---@param text string
---@param options? { mode?: integer }  of a new file
function M.write(path, text, options) end

--- A file of the program's own, such as a plan: 0600, written as by write. Permit "read": it is no
--- effect, and out of the reach of scripts.
---
--- Raises: `not_found`, `io`.
---@param path string
---@param text string
function M.keep(path, text) end

--- Removes a file, or an empty directory. Permit "effect".
---
--- Raises: `io`.
---@param path string
---@return boolean was_there
function M.remove(path) end

--- Makes a directory, with its parents; one that is there is fine. Permit "effect".
---
--- Raises: `io`.
---@param path string
function M.mkdir(path) end

--- Removes a directory and all below it; links are removed, not followed. Permit "effect".
---
--- Raises: `io`.
---@param path string
function M.remove_tree(path) end

--- The symbolic links in a directory and below it, not followed; none where it is no directory. Permit
--- "read".
---
--- Raises: `io`, `limit` (their paths take more than 1 MiB).
---@param path string
---@return string[] paths  which begin with the given one
function M.links(path) end

--- Makes a directory for files of this process. Permit "effect".
---
--- Raises: `io`.
---@param prefix string
---@return string path
function M.tmpdir(prefix) end

--- The path that a path stands for, its links followed: absolute, without "." and "..". Permit "read".
---@param path string
---@return string? real  nil where there is none
function M.real(path) end

return M
