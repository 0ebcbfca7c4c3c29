--- almanac report [RUN]
local audit = require "almanac.session.audit"
local config = require "almanac.config.file"
local doubt = require "almanac.cli.doubt"
local errors = require "almanac.base.errors"
local options = require "almanac.cli.options"
local reports = require "almanac.report.load"
local store = require "almanac.journal.store"

local M = {}

local COLLECT_AT = 400 -- percent of what was in use after the last collection

M.usage = [[report [RUN] [-o FILE]

What became of a run, from its journal; without RUN of the newest, with a runbook's name of its newest. The file's
ending says in which form: .html, one page that loads nothing; .md, for a pull request; .xml, JUnit's, for CI; .json,
for programs. Without FILE it is Markdown on standard output. Exit 1 where the journal is not whole.]]
M.options = options.join({
  { "--out", "FILE", "write it there: .html, .md, .xml or .json", short = "-o" },
  { "--format", "NAME", "html, md, xml or json, where the file does not say", values = { "html", "md", "xml", "json" } },
}, options.common)

local RENDERERS = {
  html = function(report) return require("almanac.report.html.page").render(report) end,
  md = function(report) return require("almanac.report.markdown").render(report) end,
  xml = function(report) return require("almanac.report.junit").render(report) end,
  json = function(report) return require("almanac.report.json").render(report) end,
}

--- The form that was asked for.
local function form_of(given)
  local form = given.format or (given.out and given.out:match "%.(%w+)$" or "md"):lower():gsub("^htm$", "html"):gsub("^markdown$", "md")
  if RENDERERS[form] then return form end
  errors.raise {
    kind = "usage", message = given.format and string.format("there is no report in the form %q", form)
      or string.format("%s: its ending does not say in which form", given.out),
    hint = "one of html, md, xml, json: almanac report RUN -o report.html",
  }
end

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  if #rest > 1 then errors.usage "usage: almanac report [RUN] [-o FILE]" end
  local form = form_of(given)
  config.load(given)
  collectgarbage("incremental", COLLECT_AT) -- almost all of a report is needed to its end
  local journal <close> = store.open "ro"
  local row = store.look(journal, rest[1])
  local report = reports.report(journal, row)
  audit.take_policy(row, given)
  audit.add_to(report, journal)
  local text = RENDERERS[form](report)
  if given.out then
    require("native.fs").keep(given.out, text)
    operator:say(string.format("%s: %s, %s", given.out, report.run.id, report.run.status))
  else
    operator:encoded(text)
  end
  return doubt.say(journal, report.run.id, operator)
end

return M
