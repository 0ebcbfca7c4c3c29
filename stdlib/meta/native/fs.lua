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

--- The text of a file that the operator named: one that is ours or root's, and that nobody else can write.
--- A link is followed. Permit "read".
---
--- Raises: `not_found`, `io`, `limit`, `refused`.
---@param path string
---@param noun string  what it is, for errors: "file of parameters"
---@return string
function M.read_given(path, noun) end

--- Refuses a file or directory that is to be run, or used, where it, or a directory from it up to the working directory, is
--- neither ours nor root's, or can be written by others. A link is followed, and where it is looked at,
--- too. Permit "read".
---
--- Raises: `not_found`, `io`, `refused`.
---@param path string
---@param verb? string  what is not done with it then; default "run"
function M.check_script(path, verb) end

--- Whether something is there that is ours or root's, and that nobody else can write; in a directory such
--- as /tmp everybody removes what is his own alone, and it counts. Permit "read".
---@param path string
---@return boolean
function M.is_trusted(path) end

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

--- Writes a file that is there anew, as keep does, if it holds what it is said to hold, and nobody
--- else is doing the same at this moment. Its mode stays. Permit "read".
---
--- Raises: `refused`, `not_found`, `io`.
---@param path string
---@param was string   what it holds
---@param text string
---@return boolean     false: it holds something else by now, or is being written
function M.compare_and_swap(path, was, text) end

--- Writes a file for the operator: a temporary one beside it, synced and renamed. No symbolic link of
--- the project is written through, none of another user's, and none where others can write. It is
--- 0600. One that is `shared`, as files of a project are, has the mode of the one that is there, or as
--- the umask lets it, and its directories are made. What is no file (/dev/stdout, a pipe) takes the
--- text. Permit "read": it is no effect, and out of the reach of scripts.
---
--- Raises: `refused`, `not_found`, `io`.
---@param path string
---@param text string
---@param options? { shared?: boolean, is_new?: boolean }  is_new: it takes nobody's place
function M.keep(path, text, options) end

--- Makes a directory for what we write for the operator, 0700, with those above it that are missing.
--- No symbolic link of the project is followed, and one that is there must be ours, and closed to the
--- writing of others. Permit "read".
---
--- Raises: `refused`, `io`.
---@param path string
function M.keep_directory(path) end

--- What is where keep would write: so that nothing is written where one of several files cannot be.
--- Permit "read".
---
--- Raises: `refused` (a link that is not written through), `io`.
---@param path string
---@return "nothing"|"file"|"stream"
function M.target(path) end

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

--- What in a directory and below it is neither ours nor root's, or can be written by others; nothing below
--- such a directory, and nothing where it is no directory. Links are not followed. Permit "read".
---
--- Raises: `io`, `limit` (their paths take more than 1 MiB).
---@param path string
---@return string[] paths  which begin with the given one
function M.open_to_others(path) end

--- Where a symbolic link says that it leads, whatever is there. Permit "read".
---@param path string
---@return string? leads  nil where there is no link
function M.leads(path) end

--- Makes a symbolic link. Permit "effect".
---
--- Raises: `io`, also where something is there.
---@param path string   of the link
---@param leads string  what it says, whatever is there
function M.make_link(path, leads) end

--- Copies a file, or a directory with all that is in it, from below a directory to the same place
--- below another. Regular files and directories: no link is followed; one that leads to something in
--- the first directory is copied as a link, and what is anything else is left out. Permit "effect".
---
--- Raises: `not_found`, `io`, `limit`.
---@param from string  a directory
---@param path string  below it, with names alone: no "..", no "/" before it
---@param to string    a directory that is there
---@param max integer  bytes that may be copied
---@return integer left  of max
function M.copy_tree(from, path, to, max) end

--- Makes a directory for files of this process. Permit "effect".
---
--- Raises: `io`.
---@param prefix? string  of its name: "almanac"
---@return string path
function M.tmpdir(prefix) end

--- The path that a path stands for, its links followed: absolute, without "." and "..". Permit "read".
---@param path string
---@return string? real  nil where there is none
function M.real(path) end

return M
