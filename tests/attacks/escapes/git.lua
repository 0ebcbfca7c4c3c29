--- Ways out of `allow` by directories and remotes of git.
local ALLOW = [[{ git = { "." } }]]
return {
  category = "git", set_up = [[
    export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
    for at in . other; do
      git init -q -b main $at; git -C $at -c user.name=x -c user.email=x@x commit -q --allow-empty -m first
    done
    git init -q --bare evil.git; git remote add origin https://u:p@git.invalid/org/app; ln -s other alias
  ]],
  { tried = "another working tree", allow = ALLOW, call = [[git.tag { name = "pwned", dir = "other" }]],
    words = [[git.tag: this runbook may not touch git "other"]] },
  { tried = "`..`", allow = [[{ git = { "other" } }]], call = [[git.tag { name = "pwned", dir = "other/.." }]],
    words = [[git.tag: this runbook may not touch git "."]] },
  { tried = "a link", allow = ALLOW, call = [[git.tag { name = "pwned", dir = "alias" }]],
    words = [[git.tag: this runbook may not touch git "other"]] },
  { tried = "a remote of the repository", allow = ALLOW, call = [[git.push { ref = "main" }]],
    words = [[git.push: this runbook may not touch git "remote=origin"]] },
  { tried = "a remote by its path", allow = ALLOW, call = [[git.push { ref = "main", remote = "./evil.git" }]],
    words = [[git.push: this runbook may not touch git "evil.git"]] },
  { tried = "a remote by its URL", allow = ALLOW, call = [[git.push { ref = "main", remote = "file://DIR/evil.git" }]],
    words = [[git.push: this runbook may not touch git "file://DIR/evil.git"]] },
  { tried = "`..` in a URL", allow = [[{ git = { ".", "file://DIR/ok/**" } }]],
    call = [[git.push { ref = "main", remote = "file://DIR/ok/../evil.git" }]], words = [[has the segment .. in its path]] },
  { tried = "`..` in a URL, escaped", allow = [[{ git = { ".", "http://git.invalid/org/**" } }]],
    call = [[git.push { ref = "main", remote = "http://git.invalid/org/%2e%2e/evil/app" }]], words = [[has the segment .. in its path]] },
  { tried = "a remote that is a command", allow = ALLOW, call = [[git.push { ref = "main", remote = "ext::sh -c touch% pwned" }]],
    words = [[git.push: this runbook may not touch git "ext::sh -c touch% pwned"]] },
  { tried = "a read elsewhere", allow = ALLOW, call = [[git.log("HEAD", { dir = "other" })]],
    words = [[git: this runbook may not read git "other"]] },
  { tried = "a commit elsewhere", allow = ALLOW, call = [[git.commit { message = "x", dir = "other", paths = { "a" } }]],
    words = [[git.commit: this runbook may not touch git "other"]] },
}
