--- kustomize: overlays, rendered by kustomize or kubectl and applied by Almanac itself, so that a plan shows
--- each object as it does for k8s.apply.
local arguments = require "almanac.host.arguments"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local k8s_apply = require "almanac.k8s.apply"
local kustomizations = require "almanac.k8s.kustomization"
local place = require "almanac.host.place"
local reach = require "almanac.run.reach"
local settings = require "almanac.config.settings"
local sh = require "native.sh"
local step = require "almanac.run.step"
local tool = require "almanac.host.tool"

local M = {}

--- git fetches what is remote in an overlay, and takes the ref of its URL for an option: with a repository on this machine,
--- or by a transport that is a program, that is a program of the overlay's choosing (--upload-pack).
local FETCHES = { GIT_ALLOW_PROTOCOL = "https:ssh", GIT_TERMINAL_PROMPT = "0" }

local MISSING = "install kustomize or kubectl, or name one of them in almanac.yaml (kustomize: PATH)"

--- The program that renders, and the words before the directory: kubectl has kustomize built in.
---@return almanac.Tool
---@return almanac.Arguments
local function renderer(who)
  local program = settings.kustomize or sh.which "kustomize" or sh.which "kubectl"
  if not program then
    errors.raise { kind = "not_found", message = "there is neither kustomize nor kubectl on PATH", hint = MISSING }
  end
  local is_kubectl = program:match "[^/]*$":find "^kubectl" ~= nil
  return { program = program, missing = MISSING, takes = "kubectl", env = FETCHES },
    arguments.new(who, is_kubectl and "kustomize" or "build")
end

local function check_directory(who, dir)
  if type(dir) == "string" and dir ~= "" then
    arguments.check_word(who, "the directory", dir)
    if reach.is_asked() then reach.require(who, "read", { place.read(dir) }) end
    if (fs.stat(dir) or {}).type == "directory" then return end -- of anything else kustomize makes a URL, and fetches it
    errors.raise { kind = "not_found", message = string.format("%s: there is no directory %s", who, dir),
      hint = "it is relative to the directory that almanac was started in; an overlay from elsewhere is fetched first" }
  end
  errors.raise {
    kind = "usage", message = string.format("%s: its first argument is the overlay's directory, not %s", who,
      type(dir) == "string" and "an empty text" or dir == nil and "nothing" or "a " .. type(dir)),
    hint = string.format('write: %s("overlays/staging"%s)', who, who == "kustomize.apply" and ', { namespace = "…" }' or ""),
  }
end

local function render(who, dir)
  step.require_read(who)
  check_directory(who, dir)
  kustomizations.check(who, dir)
  local program, words = renderer(who)
  program.within = { place.read(dir) }
  words:word("the directory", dir)
  local ok, manifest = errors.try(tool.read, program, words)
  if not ok then
    -- Not a command's judgement about the world, which a plan notes and goes on: this stops the run.
    if manifest.kind == "command" then manifest.kind = "kustomize" end
    error(manifest, 0)
  end
  if not manifest:find "%S" then
    errors.raise {
      kind = "refused", message = string.format("the overlay %s renders to nothing", dir),
      hint = "its kustomization.yaml lists no resources",
    }
  end
  return manifest
end

--- What an overlay renders to. A read.
function M.build(dir)
  return render("kustomize.build", dir)
end

--- Renders an overlay and applies its objects server-side, as field manager "almanac". The effect is
--- k8s.apply, with the rendered objects as its input: an overlay that is edited after a plan or in the
--- middle of a run is another input.
function M.apply(dir, opts)
  return k8s_apply.apply(render("kustomize.apply", dir), opts)
end

return M
