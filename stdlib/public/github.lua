--- github: what CI says of a commit, issues and comments. GitHub's own, or an Enterprise server:
--- `endpoints: { github: { url: "https://github.example/api/v3", token: "env:GITHUB_TOKEN" } }` in almanac.yaml; without a
--- URL, https://api.github.com.
---
--- Every call can raise `http` (with `status`; a rate limit says when it is over), `network`, `tls`, `timeout` and
--- `protocol`.
local checks = require "almanac.http.github.checks"
local issues = require "almanac.http.github.issues"

local M = {}

--- The check runs and the statuses of a commit, and one verdict on them: `red` when one failed, else `pending` when one
--- is not over, else `green`; `none` where there are none. A read.
---
--- Raises: `not_found` (no such repository or commit, or the token may not see it), `http`, `network`, `usage`.
---
--- ```lua
--- local ci = github.checks { repo = "org/node", ref = "v0.5.0" }
--- if ci.verdict ~= "green" then error("CI is " .. ci.verdict .. ": " .. table.concat(ci.red, ", ")) end
--- ```
---@param options github.checks.options
---@return { verdict: "green"|"red"|"pending"|"none", green: string[], red: string[], pending: string[], sha: string? }
---  names of the checks; sha of the commit, where it has check runs
M.checks = checks.checks

--- Comments on an issue or a pull request. An effect, found again after a crash; its undo deletes the comment.
---
--- Raises: `not_found`, `http`, `network`.
---
--- ```lua
--- github.comment { repo = "org/node", number = 12, body = "v0.5.0 is on the devnet", optional = true }
--- ```
---@param options github.comment.options
---@return { made: boolean, id: integer?, url: string? }
M.comment = issues.comment

--- Opens an issue. An effect, found again after a crash; its undo closes the issue as not planned.
---
--- Raises: `not_found`, `http`, `network`.
---
--- ```lua
--- github.issue { repo = "org/node", title = "Raise the quota", body = "After v0.5.0.", labels = { "follow-up" }, optional = true }
--- ```
---@param options github.issue.options
---@return { made: boolean, number: integer?, url: string? }
M.issue = issues.issue

return M
