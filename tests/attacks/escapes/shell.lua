--- Ways out of `allow` by programs, and by what makes a program another one.
local ALLOW = [[{ shell = { "ops/*", "true" } }]]
return {
  category = "shell", set_up = [[
    mkdir -p ops bin/ops other
    for at in bin/evil bin/true true bin/ops/ok.sh; do printf '#!/bin/sh\ntouch DIR/pwned\n' > $at; chmod +x $at; done
    printf '#!/bin/sh\n' > ops/ok.sh; chmod +x ops/ok.sh; ln -s ../bin/evil ops/alias
  ]],
  { tried = "another program", allow = ALLOW, call = [[sh.run { "bin/evil" }]],
    words = [[sh.run: this runbook may not touch shell "bin/evil"]] },
  { tried = "`..`", allow = ALLOW, call = [[sh.run { "ops/../bin/evil" }]],
    words = [[sh.run: this runbook may not touch shell "bin/evil"]] },
  { tried = "a link", allow = ALLOW, call = [[sh.run { "ops/alias" }]], words = [[sh.run: this runbook may not touch shell "bin/evil"]] },
  { tried = "the same path in another directory", allow = ALLOW, call = [[sh.run { argv = { "ops/ok.sh" }, cwd = "bin" }]],
    words = [[sh.run: this runbook may not touch shell "bin/ops/ok.sh"]] },
  { tried = "another `PATH`", allow = ALLOW, call = [[sh.run { argv = { "true" }, env = { PATH = "DIR/bin" } }]],
    words = [[sh.run: this runbook may not touch shell "bin/true"]] },
  { tried = "a file of the directory called as one of `PATH`", allow = ALLOW, call = [[sh.run { "./true" }]],
    words = [[sh.run: this runbook may not touch shell "./true"]] },
  { category = "env", tried = "`LD_PRELOAD`", allow = ALLOW, call = [[sh.run { argv = { "true" }, env = { LD_PRELOAD = "./x.so" } }]],
    words = [[sh.run: this runbook may not touch env "LD_PRELOAD"]] },
  { category = "env", tried = "`BASH_ENV`", allow = ALLOW,
    call = [[sh.run { argv = { "bash", "ops/ok.sh" }, env = { BASH_ENV = "bin/evil" } }]],
    words = [[sh.run: this runbook may not touch env "BASH_ENV"]] },
  { tried = "`check`", allow = ALLOW, call = [[sh.run { argv = { "true" }, check = { "bin/evil" } }]],
    words = [[sh.run: this runbook may not read shell "bin/evil"]] },
  { tried = "a read", allow = ALLOW, call = [[sh.read { "bin/evil" }]], words = [[sh.read: this runbook may not read shell "bin/evil"]] },
  { tried = "an interpreter with a file", allow = ALLOW, call = [[sh.run { "bash", "bin/evil" }]],
    words = [[sh.run: this runbook may not touch shell "bash"]] },
  { tried = "a shell's text", allow = ALLOW, call = [[sh.bash "touch pwned"]],
    words = [[sh.run: this runbook may not touch shell "bash"]] },
  { tried = "an interpreter told to read options", allow = ALLOW, call = [[sh.run { "bash", "-c", "touch pwned", "ops/ok.sh" }]],
    words = [[sh.run: this runbook may not touch shell "bash"]] },
  { tried = "a change by what may be run to look", allow = [[{ read = { shell = { "true" } } }]], call = [[sh.run { "true" }]],
    words = [[sh.run: this runbook may not touch shell "true"]] },
  { tried = "a post-renderer of helm", allow = [[{ helm = { "a" }, read = { fs = { "**" } } }]],
    call = [[helm.template { release = "a", chart = "./chart", post_renderer = { "bin/evil" } }]],
    words = [[helm.template: this runbook may not read shell "bin/evil"]] },
}
