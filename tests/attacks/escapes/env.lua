--- Ways out of `allow` by the variables that a program is given.
local ALLOW = [[{ shell = { "true", "*" }, env = { "APP_*", "STAGE=canary" }, compose = { "stack" } }]]

local cases = {
  category = "env", set_up = [[
    mkdir -p stack bin; printf '#!/bin/sh\ntouch DIR/pwned\n' > bin/docker; chmod +x bin/docker
  ]],
  { tried = "a program that may be called anything", allow = ALLOW, call = [[sh.run { "true", env = { LD_PRELOAD = "x.so" } }]],
    words = [[sh.run: this runbook may not touch env "LD_PRELOAD"]] },
  { tried = "another value", allow = ALLOW, call = [[sh.run { "true", env = { STAGE = "production" } }]],
    words = [[sh.run: this runbook may not touch env "STAGE"]] },
  { tried = "one that is taken away", allow = ALLOW, call = [[sh.run { "true", env = { KUBECONFIG = false } }]],
    words = [[sh.run: this runbook may not touch env "KUBECONFIG"]] },
  { tried = "one of a read", allow = ALLOW, call = [[sh.read { "true", env = { GIT_SSH_COMMAND = "x" } }]],
    words = [[sh.read: this runbook may not read env "GIT_SSH_COMMAND"]] },
  { tried = "one of a `check`", allow = ALLOW, call = [[sh.run { "true", check = { "true", env = { BASH_ENV = "x" } } }]],
    words = [[sh.run: this runbook may not read env "BASH_ENV"]] },
  { tried = "a change of what may be set to look", allow = [[{ shell = { "true" }, read = { env = { "X" } } }]],
    call = [[sh.run { "true", env = { X = "1" } }]], words = [[sh.run: this runbook may not touch env "X"]] },
  { tried = "one of a Compose file", allow = ALLOW, call = [[compose.up { dir = "stack", env = { TAG = "evil" } }]],
    words = [[compose.up: this runbook may not touch env "TAG"]] },
  { tried = "docker's own", allow = [[{ compose = { "stack" }, env = { "*" } }]],
    call = [[compose.up { dir = "stack", env = { DOCKER_HOST = "tcp://evil" } }]], words = [[env may not set DOCKER_HOST]] },
}

for _, name in ipairs { [[X\nLD_PRELOAD]], [[LD_PRELOAD=x\nX]], "", [[X\0LD_PRELOAD]], [[BASH_FUNC_true%%]], " X", "X.Y", "1X" } do
  cases[#cases + 1] = { tried = string.format('the name "%s"', name), allow = [[{ shell = { "*" }, env = { "**" } }]],
    call = string.format([[sh.run { "true", env = { ["%s"] = "1" } }]], name), words = "is no name of a variable" }
end
cases[#cases + 1] = { tried = "a value with a zero byte", allow = [[{ shell = { "*" }, env = { "**" } }]],
  call = [[sh.run { "true", env = { X = "1\0Y=2" } }]], words = "env.X holds a zero byte" }
return cases
