--- The images of a release as Docker builds them: a script for a test's repository, and the registry that it pushes to.
local t = require "tests.harness"

local M = {}

M.names = { "animica-node", "animica-miner", "animica-explorer", "animica-studio-services", "animica-studio-web",
  "animica-explorer-web" }

-- The shell is this machine's on both platforms: only one of them is ever run.
local DOCKERFILE = [[
FROM scratch
ARG NAME
ARG TARGETARCH
LABEL component=$NAME architecture=$TARGETARCH
COPY busybox /busybox
COPY version.py /version.py
ENTRYPOINT ["/busybox"]
CMD ["sleep", "1000"]
]]

-- An image of two platforms is an image for each, and a list of both under the tag.
local SCRIPT = [[
#!/usr/bin/env bash
# Builds every image for both platforms, and pushes it under the tag of the release and as :latest-dev.
set -euo pipefail
cd "$(dirname "$0")/../.."
tag=$1
export DOCKER_BUILDKIT=1
cp core/version.py ops/docker/image/
for name in NAMES; do
    image=REGISTRY/animica/$name
    for arch in amd64 arm64; do
        docker build -q --platform "linux/$arch" --build-arg "NAME=$name" -t "$image:$tag-$arch" ops/docker/image
        docker push -q "$image:$tag-$arch"
    done
    for as in "$tag" latest-dev; do
        docker manifest create --insecure "$image:$as" "$image:$tag-amd64" "$image:$tag-arm64"
        docker manifest push --insecure --purge "$image:$as"
        echo "$name:$as" >>'LOG'
    done
done
]]

--- Gives a repository the script, which tells `log` of each image that it pushed; `more` is what it does in the end.
---@param repo tests.Repository
---@param engine tests.Docker
---@param more? string
function M.pushed_by_docker(repo, engine, more)
  local context = repo.dir .. "/ops/docker/image"
  t.must { "mkdir", "-p", context }
  t.must { "cp", engine.deps .. "/bin/busybox", context }
  t.write_file(context .. "/Dockerfile", DOCKERFILE)
  t.write_file(context .. "/.gitignore", "busybox\nversion.py\n")
  repo:git("add", "ops/docker")
  local script = SCRIPT:gsub("NAMES", table.concat(M.names, " ")):gsub("REGISTRY", repo.registry):gsub("LOG", repo.dir .. "/images.log")
  repo:commit("ops/scripts/push_images.sh", script .. (more or ""), "push_images.sh builds by Docker")
end

--- What was pushed, "NAME:TAG", and how often.
---@return table<string, integer>
function M.pushed(repo)
  local out = {}
  for line in (t.read_file(repo.dir .. "/images.log") or ""):gmatch "[^\n]+" do out[line] = (out[line] or 0) + 1 end
  return out
end

return M
