--- Ways out of `allow` by directories, files and projects of Compose.
local ALLOW = [[{ compose = { "stack" } }]]
local MOUNTED = [[{ compose = { "mounted" }, images = { "ghcr.io/org/*" } }]]
local IMAGES = [[{ compose = { "stack" }, images = { "ghcr.io/org/*" } }]]
return {
  category = "compose", set_up = [[
    mkdir -p stack other bin; ln -s ../other stack/alias
    mkdir named moved led mounted; echo 'COMPOSE_FILE="../other/compose.yaml"' > moved/.env
    printf '# x\nexport DOCKER_HOST=tcp://evil.invalid:2375\n' > led/.env
    cat > bin/docker <<'END'
#!/bin/sh
case "$*" in
  "compose version") ;;
  *" config") cat config.yaml;;
  *) touch DIR/pwned;;
esac
END
    chmod +x bin/docker
    printf 'name: production\nservices: {web: {image: evil/x}}\n' > named/config.yaml
    printf 'name: mounted\nservices: {web: {image: ghcr.io/org/web, volumes: [a:/a, {type: image, source: evil/x, target: /x}]}}\n' \
      > mounted/config.yaml
    printf 'name: stack\nservices: {web: {image: ghcr.io/org/web}, db: {image: evil/x}}\n' > stack/config.yaml
  ]],
  { tried = "another directory", allow = ALLOW, call = [[compose.up { dir = "other" }]],
    words = [[compose.up: this runbook may not touch compose "other"]] },
  { tried = "`..`", allow = ALLOW, call = [[compose.pull { dir = "stack/../other" }]],
    words = [[compose.pull: this runbook may not touch compose "other"]] },
  { tried = "a link", allow = [[{ compose = { "stack", "stack/*" } }]], call = [[compose.restart { dir = "stack/alias" }]],
    words = [[compose.restart: this runbook may not touch compose "other"]] },
  { tried = "another file", allow = ALLOW, call = [[compose.up { dir = "stack", files = "../other/compose.yaml" }]],
    words = [[compose.up: this runbook may not touch compose "other/compose.yaml"]] },
  { tried = "another project", allow = ALLOW, call = [[compose.down { dir = "stack", project = "production" }]],
    words = [[compose.down: this runbook may not touch compose "project=production"]] },
  { tried = "a command in another project", allow = ALLOW, call = [[compose.run { dir = "stack", project = "p", service = "x" }]],
    words = [[compose.run: this runbook may not touch compose "project=p"]] },
  { tried = "a project that the file names", allow = [[{ compose = { "named" } }]], call = [[compose.down { dir = "named" }]],
    words = [[compose.down: this runbook may not touch compose "project=production"]] },
  { tried = "another file, by `.env`", allow = [[{ compose = { "moved" } }]], call = [[compose.up { dir = "moved" }]],
    words = [[compose.up: this runbook may not touch compose "other/compose.yaml"]] },
  { category = "env", tried = "another engine, by `.env`", allow = [[{ compose = { "led" } }]], call = [[compose.up { dir = "led" }]],
    words = [[compose.up: this runbook may not touch env "DOCKER_HOST"]] },
  { category = "images", tried = "an image of a Compose file", allow = IMAGES, call = [[compose.up { dir = "stack" }]],
    words = [[compose.up: this runbook may not touch images "docker.io/evil/x:latest"]] },
  { category = "images", tried = "one that is pulled", allow = IMAGES, call = [[compose.pull { dir = "stack", services = "db" }]],
    words = [[compose.pull: this runbook may not touch images "docker.io/evil/x:latest"]] },
  { category = "images", tried = "one that is run once", allow = IMAGES, call = [[compose.run { dir = "stack", service = "db" }]],
    words = [[compose.run: this runbook may not touch images "docker.io/evil/x:latest"]] },
  { category = "images", tried = "an image that is mounted", allow = MOUNTED, call = [[compose.up { dir = "mounted" }]],
    words = [[compose.up: this runbook may not touch images "docker.io/evil/x:latest"]] },
  { tried = "a read elsewhere", allow = ALLOW, call = [[compose.ps { dir = "other" }]],
    words = [[this runbook may not read compose "other"]] },
}
