--- What the configuration of a repository itself may say to git. It may be whose script this is, and git takes programs
--- from it (filters, ssh, hooks, credentials), other remotes and other files. So it may have the keys that are listed here,
--- which do none of that or are set again above it, and those that almanac.yaml names (git_config). The operator's own
--- configuration, ~/.gitconfig and that of the machine, is his to write and is not asked about.
--- Keys: https://git-scm.com/docs/git-config
local arguments = require "almanac.host.arguments"
local errors = require "almanac.base.errors"
local glob = require "almanac.base.glob"
local process = require "native.process"
local settings = require "almanac.config.settings"
local tool = require "almanac.host.tool"

local M = {}

---@class almanac.git.Setting
---@field scope string  "system", "global", "local", "worktree" or "command"
---@field key string    the section and the name in small letters
---@field value? string nil: it is there, which means true

--- Sections of which every key is harmless: about commits, names, colours and packs.
local SECTIONS = {
  "advice", "alias", "apply", "author", "blame", "branch", "checkout", "clone", "color", "column", "commit", "commitgraph",
  "committer", "extensions", "feature", "fetch", "fsck", "gitflow", "gui", "i18n", "index", "init", "log", "notes", "pack", "pull",
  "push", "rebase", "receive", "rerere", "reset", "revert", "safe", "stash", "status", "tag", "transfer", "user", "versionsort",
  "worktree",
}

--- Harmless keys of sections that have others. A * before the name is any subsection.
local KEYS = {
  core = "abbrev autocrlf bare bigfilethreshold checkroundtripencoding checkstat commentchar commentstring commitgraph compression "
    .. "deltabasecachelimit eol filemode fscache fsmonitor fsync fsyncmethod fsyncobjectfiles hidedotfiles ignorecase "
    .. "logallrefupdates longpaths loosecompression multipackindex packedgitlimit packedgitwindowsize precomposeunicode preloadindex "
    .. "protecthfs protectntfs quotepath repositoryformatversion safecrlf sharedrepository sparsecheckout sparsecheckoutcone "
    .. "splitindex symlinks trustctime untrackedcache warnambiguousrefs whitespace worktree",
  credential = "usehttppath username *.provider *.usehttppath *.username",
  diff = "algorithm colormoved context ignoresubmodules indentheuristic mnemonicprefix noprefix renamelimit renames submodule "
    .. "wserrorhighlight *.binary *.funcname *.wordregex *.xfuncname",
  gc = "aggressivedepth aggressivewindow auto autodetach autopacklimit cruftpacks logexpiry packrefs pruneexpire "
    .. "reflogexpire reflogexpireunreachable rerereresolved rerereunresolved worktreepruneexpire writecommitgraph",
  gpg = "format mintrustlevel",
  http = "extraheader lowspeedlimit lowspeedtime maxrequests postbuffer version *.extraheader",
  include = "path", includeif = "*.path", -- what is in the file is listed as well
  lfs = "fetchexclude fetchinclude locksverify repositoryformatversion *.access *.locksverify",
  maintenance = "auto strategy *.enabled *.schedule",
  merge = "autostash branchdesc conflictstyle defaulttoupstream directoryrenames ff log renamelimit renames stat *.name",
  remote = "pushdefault *.fetch *.followremotehead *.gh-resolved *.mirror *.partialclonefilter *.promisor *.prune *.prunetags "
    .. "*.push *.pushurl *.skipdefaultupdate *.skipfetchall *.tagopt *.url",
  submodule = "active fetchjobs propagatebranches recurse *.active *.branch *.fetchrecursesubmodules *.ignore *.path *.url",
  url = "*.insteadof *.pushinsteadof", -- `allow` is asked about where they lead
}

local harmless = {} ---@type table<string, boolean>  "section", "section.name" or "section.*.name"
for _, section in ipairs(SECTIONS) do harmless[section] = true end
for section, names in pairs(KEYS) do
  for name in names:gmatch "%S+" do harmless[section .. "." .. name] = true end
end

--- A key without its subsection.
local function form_of(key)
  local section, between, name = key:match "^([^.]*)(.*)%.([^.]*)$"
  return section .. (between ~= "" and ".*." or ".") .. name, section
end

--- What is set above every configuration: no program that watches files or prints, no bare repository that lies in another
--- one's tree, nothing but what was asked for is pushed, and a submodule is another repository.
local ABOVE = {
  { "core.fsmonitor", "false" }, { "safe.bareRepository", "explicit" }, { "log.showSignature", "false" },
  { "submodule.recurse", "false" }, { "push.recurseSubmodules", "no" }, { "push.followTags", "false" }, { "push.gpgSign", "false" },
}

--- And above what only looks: hooks are for what is changed.
local ABOVE_A_LOOK = { "core.hooksPath", "/dev/null" }

--- The variables that set it, behind those that the operator's own environment sets.
---@param is_look boolean
---@return table<string, string>
function M.variables(is_look)
  local n = math.tointeger(tonumber(process.getenv "GIT_CONFIG_COUNT" or "")) or 0
  local env = {}
  local function set(pair)
    env["GIT_CONFIG_KEY_" .. n], env["GIT_CONFIG_VALUE_" .. n] = pair[1], pair[2]
    n = n + 1
  end
  for _, pair in ipairs(ABOVE) do set(pair) end
  if is_look then set(ABOVE_A_LOOK) end
  env.GIT_CONFIG_COUNT = tostring(n)
  return env
end

--- The settings in what `git config --list --show-scope -z` prints. Pure.
---@param text string
---@return almanac.git.Setting[]
function M.parse(text)
  local out = {}
  for scope, entry in text:gmatch "(%Z+)%z(%Z+)%z" do
    local key, value = entry:match "^([^\n]*)\n(.*)$"
    out[#out + 1] = { scope = scope, key = key or entry, value = value }
  end
  return out
end

local OWN = { ["local"] = true, worktree = true }

local function is_named(key, named)
  for _, pattern in ipairs(named) do
    if glob.match(pattern:lower(), key:lower(), "\n") then return true end
  end
  return false
end

--- The first key of the repository's own configuration that is not harmless. Pure.
---@param list almanac.git.Setting[]
---@param is_look boolean
---@param named string[]  what almanac.yaml names
---@return string?
function M.harmful(list, is_look, named)
  for _, setting in ipairs(list) do
    local form, section = form_of(setting.key)
    local is_fine = harmless[section] or harmless[form] or is_look and form == ABOVE_A_LOOK[1]:lower()
    if OWN[setting.scope] and not is_fine and not is_named(setting.key, named) then return setting.key end
  end
end

local LIST_TIMEOUT = 20 -- seconds: an included file may be one that blocks

--- The configuration that git would have in a directory; raises kind "refused" where the repository's own has a key
--- that may not be there.
---@param git almanac.Tool  asked as it is: git config runs nothing
---@param is_look boolean
---@return almanac.git.Setting[]
function M.read(git, is_look)
  local words = arguments.new("git", "config", "--list", "--show-scope", "-z")
  local result = tool.ask(git, words, { ok = { [129] = true }, timeout = LIST_TIMEOUT })
  local list, is_above = M.parse(result.stdout), false
  for _, setting in ipairs(list) do
    is_above = is_above or setting.scope == "command" and setting.key == "safe.barerepository"
  end
  if not is_above then
    errors.raise { kind = "refused", message = "this git takes no configuration from its environment: it is older than 2.31",
      hint = "install a newer one" }
  end
  local key = M.harmful(list, is_look, settings.git_config)
  if not key then return list end
  errors.raise {
    kind = "refused", key = key,
    message = string.format("git: the configuration of the repository in %s sets %s, which can have git run a program, or reach " ..
      "something else", git.cwd or ".", key),
    hint = string.format("if it is yours, set it in your own configuration (git config --global), or have almanac.yaml name it: " ..
      "git_config: [%q]", key),
  }
end

-- Remotes ------------------------------------------------------------------------------------------

--- A URL as git rewrites it: the longest beginning that is named counts.
--- https://git-scm.com/docs/git-config#Documentation/git-config.txt-urlltbasegtinsteadOf
local function rewritten(list, url, name)
  local base, longest = nil, 0
  for _, setting in ipairs(list) do
    local is = setting.key:match("^url%.(.*)%." .. name .. "$")
    local prefix = setting.value or ""
    if is and #prefix > longest and url:sub(1, #prefix) == prefix then base, longest = is, #prefix end
  end
  return base and base .. url:sub(longest + 1)
end

local function values_of(list, key)
  local out = {}
  for _, setting in ipairs(list) do
    if setting.key == key and setting.value and setting.value ~= "" then out[#out + 1] = setting.value end
  end
  return out
end

--- Every URL that git reads from or pushes to under a remote's name, or a URL. Pure.
---@param list almanac.git.Setting[]
---@param remote string  a name, a URL or a path
---@return string[]
function M.urls(list, remote)
  local fetched, pushed = values_of(list, "remote." .. remote .. ".url"), values_of(list, "remote." .. remote .. ".pushurl")
  if #fetched == 0 then fetched = { remote } end
  local out, seen = {}, {}
  local function add(url)
    if not seen[url] then out[#out + 1] = url end
    seen[url] = true
  end
  for _, url in ipairs(fetched) do
    add(rewritten(list, url, "insteadof") or url)
    if #pushed == 0 then add(rewritten(list, url, "pushinsteadof") or rewritten(list, url, "insteadof") or url) end
  end
  for _, url in ipairs(pushed) do add(rewritten(list, url, "insteadof") or url) end
  return out
end

return M
