--- Ways out of `allow` by directories, files and projects of Compose.
local ALLOW = [[{ compose = { "stack" } }]]
return {
  category = "compose", set_up = [[
    mkdir -p stack other bin; ln -s ../other stack/alias
    printf '#!/bin/sh\ntouch DIR/pwned\n' > bin/docker-compose; chmod +x bin/docker-compose
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
  { tried = "a read elsewhere", allow = ALLOW, call = [[compose.ps { dir = "other" }]],
    words = [[this runbook may not read compose "other"]] },
}
