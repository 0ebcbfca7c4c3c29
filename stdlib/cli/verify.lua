--- almanac verify RUN
local audit = require "almanac.session.audit"
local config = require "almanac.config.file"
local errors = require "almanac.base.errors"
local heads = require "almanac.journal.head"
local options = require "almanac.cli.options"
local replays = require "almanac.journal.replay"
local report_words = require "almanac.report.words"
local signers = require "almanac.session.signers"
local store = require "almanac.journal.store"
local terminal = require "almanac.base.terminal"
local timestamp = require "almanac.base.timestamp"

local M = {}

M.usage = [[verify [RUN] [--head HASH]

Whether the journal of a run is whole, and the one whose head somebody kept; and whose signatures are in it,
by almanac.yaml as it is now. Without RUN, the newest. Exit 1 where something is not as it should be.]]
M.options = options.join({
  { "--head", "HASH", "a head that a report gave, or its first 16 digits: it must be one of an event" },
}, options.common)

local SHORTEST = 16 -- digits of a hash

local function check_hash(hash)
  if not hash or not hash:find "%X" and #hash >= SHORTEST and #hash <= 64 then return hash and hash:lower() end
  errors.raise {
    kind = "usage", message = string.format("--head takes 16 to 64 hexadecimal digits, not %q", hash),
    hint = "reports give it behind the number of its event: head: event 42, 9f86d081884c7d65…",
  }
end

--- Whether a head that was kept is in the journal.
local function compare(journal, id, hash, out)
  local seq = audit.event_of(journal, id, hash)
  if not seq then
    out[#out + 1] = "! no event has that head: the journal was cut off or rewritten, or it is the head of another run"
    return false
  end
  local since = journal:head(id) - seq
  out[#out + 1] = string.format("  kept:    that of event %d, %s", seq, since == 0 and "the last" or since .. " since then")
  return true
end

local function describe(finding, out)
  local judgement = finding.judgement
  local is_short = finding.went_on and judgement.missing > 0
  out[#out + 1] = string.format("%s %s: %d of %d signatures count%s", (is_short or finding.wrong) and "!" or " ", finding.what,
    #judgement.accepted, judgement.quorum, finding.went_on and "" or "; nothing went on behind it")
  if finding.wrong then out[#out + 1] = "    " .. finding.wrong end
  for _, one in ipairs(judgement.accepted) do
    local at = timestamp.shown(one.at_ms / 1000)
    out[#out + 1] = string.format("    %s, %s, with the key %s", one.principal, at, one.key)
  end
  for _, why in ipairs(signers.reasons(judgement, "signature")) do out[#out + 1] = "    " .. why end
  return not is_short and not finding.wrong
end

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  if #rest > 1 then errors.usage "usage: almanac verify [RUN] [--head HASH]" end
  local hash = check_hash(given.head)
  config.load(given)
  local journal <close> = store.open "ro"
  local row = store.find(journal, rest[1])
  local id = row.id
  local broken = store.broken(journal, id)
  if broken then
    operator:result("! " .. broken .. "\n")
    return 1
  end
  local out = { id .. ": the chain of hashes is whole", "  head:    " .. heads.of(journal, id) }
  local good = not hash or compare(journal, id, hash, out)
  audit.take_policy(row, given)
  if not signers.wanted() then out[#out + 1] = "  almanac.yaml names no signers: signatures were not looked at" end
  local replay = replays.load(journal, id)
  for _, finding in ipairs(audit.signatures(journal, id, replay)) do good = describe(finding, out) and good end
  for _, text in ipairs(audit.unsigned_texts(journal, id, replay)) do
    good = false
    out[#out + 1] = "! " .. report_words.unsigned(text)
  end
  operator:result(terminal.lines(out))
  return good and 0 or 1
end

return M
