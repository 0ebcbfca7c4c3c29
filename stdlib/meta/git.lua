---@meta
-- Made by `make docs` from stdlib/public/git.lua: edit that.

--- A repository on this machine.
git = {}

---@class git.checkout.options
---@field ref string  a branch, a tag or a commit
---@field dir? string  the working tree

--- Checks out a branch, a tag or a commit; files that were edited are never mixed in. An effect; its undo goes back.
---
--- Raises: `refused` (files were edited), `command`, `not_found`.
---
--- ```lua
--- git.checkout { ref = "v0.5.0" }
--- ```
---@param options git.checkout.options
---@return { ref: string, commit: string }
function git.checkout(options) end

---@class git.commit.options
---@field message string  of the commit
---@field paths string|string[]  files and directories, no patterns
---@field dir? string  the working tree

--- Commits the changes of some paths. An effect; its trailer proves it after a crash; its undo reverts it.
---
--- Raises: `refused`, `command`.
---
--- ```lua
--- git.commit { message = "Release v0.5.0", paths = { "ops/values.yaml" } }
--- ```
---@param options git.commit.options
---@return { commit: string, short: string, changed: boolean }
function git.commit(options) end

---@class git.file.options
---@field dir? string  the working tree
---@field ref? string  the commit

--- A file as a commit has it; nil where it has none of that name. A read.
---
--- Raises: `not_found` (no such commit), `command`.
---
--- ```lua
--- local genesis = git.file("ops/genesis.json", { ref = "v0.4.0" })
--- ```
---@param path string  from the top of the repository
---@param options? git.file.options
---@return string? text
function git.file(path, options) end

---@class git.head.options
---@field dir? string  the working tree

--- The commit that is checked out. A read.
---
--- Raises: `not_found` (no repository), `command`.
---
--- ```lua
--- local head = git.head()
--- note(head.short .. (head.clean and "" or ", edited"))
--- ```
---@param options? git.head.options
---@return { commit: string, short: string, branch: string?, tag: string?, clean: boolean }
function git.head(options) end

---@class git.log.options
---@field dir? string  the working tree
---@field max? integer  commits at most

--- The commits of a range, newest first. A read.
---
--- Raises: `command`, `usage`.
---
--- ```lua
--- for _, commit in ipairs(git.log("v0.4.0..HEAD", { max = 20 })) do note(commit.subject) end
--- ```
---@param range string  "v0.4.0..HEAD"
---@param options? git.log.options
---@return { commit: string, author: string, at: integer, subject: string }[]  at in seconds since 1970
function git.log(range, options) end

---@class git.push.options
---@field ref string  a branch, or refs/tags/NAME
---@field dir? string  the working tree
---@field remote? string  where to

--- Pushes a branch or a tag; what is there is never overwritten unseen (`--force-with-lease`). An effect.
---
--- Raises: `refused`, `command`, `timeout`.
---
--- ```lua
--- git.push { ref = "refs/tags/v0.5.0" }
--- ```
---@param options git.push.options
---@return { ref: string, commit: string }
function git.push(options) end

---@class git.remote.options
---@field dir? string  the working tree
---@field remote? string  which

--- Where a branch or a tag of a remote points now; nil where it has none of that name. A read.
---
--- Raises: `command`, `timeout`, `refused`.
---
--- ```lua
--- if git.remote("main") ~= git.head().commit then note "the remote is elsewhere" end
--- ```
---@param ref string  a branch, or refs/tags/NAME
---@param options? git.remote.options
---@return string? commit
function git.remote(ref, options) end

---@class git.revert.options
---@field commit string  that is taken back
---@field dir? string  the working tree

--- Takes a commit back by another one. An effect; what git writes into its message proves it after a crash.
---
--- Raises: `command` (files were changed since), `not_found`.
---
--- ```lua
--- git.revert { commit = "v0.5.0" }
--- ```
---@param options git.revert.options
---@return { commit: string, short: string, changed: boolean }
function git.revert(options) end

---@class git.status.options
---@field dir? string  the working tree

--- The files that differ from HEAD, as `git status --porcelain` lists them. A read.
---
--- Raises: `not_found`, `command`.
---
--- ```lua
--- if #git.status() > 0 then note "there are changes that are not committed" end
--- ```
---@param options? git.status.options
---@return { status: string, path: string }[]
function git.status(options) end

---@class git.tag.options
---@field name string  of the tag
---@field at? string  the commit
---@field dir? string  the working tree
---@field message? string  makes an annotated tag

--- Makes a tag; one that is there at another commit is not moved. An effect; its undo deletes it.
---
--- Raises: `refused`, `command`.
---
--- ```lua
--- git.tag { name = "v0.5.0", message = "Release v0.5.0" }
--- ```
---@param options git.tag.options
---@return { name: string, commit: string }
function git.tag(options) end
