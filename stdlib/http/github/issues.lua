--- Issues and comments, as effects. Each carries the effect's id in a comment of its Markdown that GitHub does not
--- show, by which a resume finds what was sent before the crash.
--- https://docs.github.com/en/rest/issues
local api = require "almanac.http.github.api"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local redaction = require "almanac.base.redaction"
local services = require "almanac.http.service"
local step = require "almanac.run.step"
local unknown = require "almanac.base.unknown"

local M = {}

local REPO = { "name", required = true, help = "OWNER/NAME" }
local OPTIONAL = { "flag", help = "that it cannot be made is noted, and fails nothing" }
local NUMBER = { "count", required = true, help = "of the issue or the pull request" }
local ISSUE = fields.declare("github.issue", {
  repo = REPO, optional = OPTIONAL,
  title = { "text", required = true, help = "of the issue" },
  body = { "string", default = "", help = "Markdown" },
  labels = { "texts", help = "GitHub makes those that are not there" },
})
local COMMENT = fields.declare("github.comment", {
  repo = REPO, number = NUMBER, optional = OPTIONAL,
  body = { "text", required = true, help = "Markdown" },
})
local CLOSE = fields.declare("github.close", { repo = REPO, number = NUMBER })
local UNCOMMENT = fields.declare("github.uncomment", { repo = REPO, id = { "count", required = true, help = "of the comment" } })

local allow = { category = "github", of = function(input) return input.repo end }

local function input_of(declaration)
  return function(raw)
    local input = fields.check(declaration, raw)
    api.check_repo(declaration.who, input.repo)
    input.optional = input.optional or nil
    return input
  end
end

local function marker(id)
  return string.format("<!-- almanac effect %s -->", id)
end

local function with_marker(body, id)
  return (body ~= "" and body .. "\n\n" or "") .. marker(id)
end

--- How far back is looked for an issue where it is not known which was the newest one before.
local LOOK_MAX = 1000

--- The first of a list's items that carries the effect's id, before `is_past` holds for one.
local function find(items, id, is_past)
  local looked = 0
  for item in items do
    looked = looked + 1
    if is_past and is_past(item, looked) then return nil end
    if type(item.body) == "string" and item.body:find(marker(id), 1, true) then return item end
  end
end

--- A read of what is there before; where the effect is optional, nothing when it cannot be had.
local function observed(input, fn)
  local ok, result = errors.try(fn, input)
  if ok then return result end
  if not input.optional or errors.is_interrupt(result) then error(result, 0) end
  return {}
end

--- A result whose fields GitHub will choose: what is planned behind it may be handed them.
local function to_be_made(...)
  local frame, result = step.current(), { made = true }
  for _, field in ipairs { ... } do result[field] = unknown.new(frame and frame.path or "the effect") end
  return result
end

local function first_line(text)
  local line = text:match "^%s*([^\n]*)"
  return redaction.excerpt(line, 80)
end

-- github.issue -----------------------------------------------------------------------------------

local ISSUES = { item = { number = "count", html_url = "string?", body = "string?" } }

--- All of them, newest first.
local function list_issues(service, repo, per_page)
  return api.items(service, "/repos/" .. repo .. "/issues", { state = "all", sort = "created", direction = "desc", per_page = per_page },
    ISSUES)
end

--- The highest number that there is: what is made later has a higher one.
local function newest(input)
  local issue = list_issues(api.open("github.issue", input.repo), input.repo, 1)()
  return { newest = issue and issue.number or 0 }
end

local function issue_result(issue)
  return { made = true, number = issue.number, url = issue.html_url }
end

effect.define("github.issue", {
  input = input_of(ISSUE),
  observe = function(input) return observed(input, newest) end,
  preview = function(input)
    local labels = input.labels and string.format(" [%s]", table.concat(input.labels, ", ")) or ""
    return { summary = input.title .. labels, result = to_be_made("number", "url") }
  end,
  apply = function(input, ctx)
    local issue = services.attempt(input.optional, "the issue in " .. input.repo, function()
      return services.write(api.open("github.issue", input.repo), "POST", "/repos/" .. input.repo .. "/issues",
        { title = input.title, body = with_marker(input.body, ctx.id), labels = input.labels }, "number")
    end)
    return issue and issue_result(issue) or { made = false }
  end,
  recover = function(input, ctx)
    local before = ctx.before and ctx.before.newest
    return services.recover(input.optional, function()
      local issue = find(list_issues(api.open("github.issue", input.repo), input.repo), ctx.id,
        function(item, looked) return before and item.number <= before or looked > LOOK_MAX end)
      return issue and issue_result(issue)
    end)
  end,
  -- Nobody but an owner can delete an issue.
  undo = function(input, result)
    if result and result.made then effect.perform("github.close", { repo = input.repo, number = result.number }) end
  end,
  title = function(input) return "open an issue in " .. input.repo end,
  allow = allow,
}, { for_people = true })

--- Closes an issue as one that is not planned: what takes github.issue back.
effect.define("github.close", {
  input = input_of(CLOSE),
  apply = function(input)
    services.write(api.open("github.close", input.repo), "PATCH", string.format("/repos/%s/issues/%d", input.repo, input.number),
      { state = "closed", state_reason = "not_planned" })
    return { number = input.number }
  end,
  recover = function() return "again" end, -- closed once more, it is closed
  preview = function() return {} end,
  title = function(input) return string.format("close #%d of %s", input.number, input.repo) end,
  allow = allow,
})

function M.issue(options)
  return effect.perform("github.issue", options)
end

-- github.comment ---------------------------------------------------------------------------------

local COMMENTS = { item = { id = "count", html_url = "string?", body = "string?" } }

local function comments_path(input)
  return string.format("/repos/%s/issues/%d/comments", input.repo, input.number)
end

local function comment_result(comment)
  return { made = true, id = comment.id, url = comment.html_url }
end

effect.define("github.comment", {
  input = input_of(COMMENT),
  observe = function(input)
    return observed(input, function()
      local service = api.open("github.comment", input.repo)
      return { title = services.read(service, string.format("/repos/%s/issues/%d", input.repo, input.number)).title }
    end)
  end,
  preview = function(input, before)
    return { summary = string.format("%s%s", before.title and string.format("on %q: ", before.title) or "", first_line(input.body)),
      result = to_be_made("id", "url") }
  end,
  apply = function(input, ctx)
    local comment = services.attempt(input.optional, string.format("the comment on #%d of %s", input.number, input.repo), function()
      local service = api.open("github.comment", input.repo)
      return services.write(service, "POST", comments_path(input), { body = with_marker(input.body, ctx.id) }, "id")
    end)
    return comment and comment_result(comment) or { made = false }
  end,
  recover = function(input, ctx)
    return services.recover(input.optional, function()
      local comment = find(api.items(api.open("github.comment", input.repo), comments_path(input), {}, COMMENTS), ctx.id)
      return comment and comment_result(comment)
    end)
  end,
  undo = function(input, result)
    if result and result.made then effect.perform("github.uncomment", { repo = input.repo, id = result.id }) end
  end,
  title = function(input) return string.format("comment on #%d of %s", input.number, input.repo) end,
  allow = allow,
}, { for_people = true })

--- Deletes a comment: what takes github.comment back.
effect.define("github.uncomment", {
  input = input_of(UNCOMMENT),
  apply = function(input)
    services.delete(api.open("github.uncomment", input.repo), string.format("/repos/%s/issues/comments/%d", input.repo, input.id))
    return { id = input.id }
  end,
  recover = function() return "again" end, -- what is deleted already is left alone
  preview = function() return {} end,
  title = function(input) return string.format("delete a comment in %s", input.repo) end,
  allow = allow,
})

function M.comment(options)
  return effect.perform("github.comment", options)
end

return M
