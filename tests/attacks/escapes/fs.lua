--- Ways out of `allow` by paths of files.
local WRITE = [[{ fs = { "allowed/*" } }]]
return {
  category = "fs", set_up = [[
    mkdir -p allowed/deep other; echo TOP-SECRET > other/file; echo fine > allowed/file
    ln -s ../other allowed/link; ln -s ../other/file allowed/alias; ln -s ../allowed/file other/back; ln -s ../other/new allowed/dangling
    ln -s /proc/self/environ allowed/environ; mkfifo allowed/pipe
  ]],
  { tried = "another directory", allow = WRITE, call = [[fs.write("other/x", "x")]],
    words = [[fs.write: this runbook may not touch fs "other/x"]] },
  { tried = "`..`", allow = WRITE, call = [[fs.write("allowed/../other/x", "x")]],
    words = [[fs.write: this runbook may not touch fs "other/x"]] },
  { tried = "`..` behind what is not there", allow = [[{ fs = { "allowed/**" } }]], call = [[fs.mkdir("allowed/none/../../other/x")]],
    words = [[fs.mkdir: this runbook may not touch fs "other/x"]] },
  { tried = "a link to a directory", allow = WRITE, call = [[fs.write("allowed/link/x", "x")]],
    words = [[fs.write: this runbook may not touch fs "other/x"]] },
  { tried = "a link to a file, read", allow = WRITE, call = [[note(fs.read("allowed/alias"))]],
    words = [[fs.read: this runbook may not read fs "other/file"]] },
  { tried = "a digest, which tells a guess", allow = WRITE, call = [[note(fs.digest("other/file"))]],
    words = [[fs.digest: this runbook may not read fs "other/file"]] },
  { tried = "a directory below, by `*`", allow = WRITE, call = [[fs.write("allowed/deep/x", "x")]],
    words = [[fs.write: this runbook may not touch fs "allowed/deep/x"]] },
  { tried = "whether a program is there", allow = WRITE, call = [[note(tostring(sh.which("/usr/bin/env")))]],
    words = [[sh.which: this runbook may not read fs "/usr/bin/env"]] },
  { tried = "a path from the root", allow = WRITE, call = [[note(fs.read("/etc/passwd"))]],
    words = [[fs.read: this runbook may not read fs "/etc/passwd"]] },
  { tried = "the link itself taken away, which leads inside", allow = WRITE, call = [[fs.remove("other/back")]],
    words = [[fs.remove: this runbook may not touch fs "other/back"]] },
  { tried = "the environment of almanac", allow = [[{ fs = { "**" } }]], call = [[note(fs.read("/proc/self/environ"))]],
    words = [[cannot read /proc/self/environ: it tells of a process]] },
  { tried = "the same by a link", allow = [[{ fs = { "**" } }]], call = [[note(fs.read("allowed/environ"))]],
    words = [[cannot read allowed/environ: it tells of a process]] },
  { tried = "a pipe, which would never end", allow = [[{ fs = { "**" } }]], call = [[fs.read("allowed/pipe")]],
    words = [[cannot read allowed/pipe: it is a pipe]] },
  { tried = "an overlay that is a URL", allow = [[{ k8s = { "**" }, fs = { "**" } }]], call = [[kustomize.build("https://evil.invalid/x")]],
    words = [[kustomize.build: there is no directory https://evil.invalid/x]] },
  { tried = "a write to what may be read", allow = [[{ read = { fs = { "allowed/*" } } }]], call = [[fs.write("allowed/x", "x")]],
    words = [[fs.write: this runbook may not touch fs "allowed/x"]] },
  { tried = "the values of a chart", allow = [[{ helm = { "a" } }]],
    call = [[helm.template { release = "a", chart = "./chart", values = { "other/file" } }]],
    words = [[helm.template: this runbook may not read fs "chart"]] },
  { tried = "an overlay of kustomize", allow = WRITE, call = [[kustomize.build("other")]],
    words = [[this runbook may not read fs "other"]] },
}
