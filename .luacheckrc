std = "lua54"
max_line_length = 140
exclude_files = { ".deps", "build" }
files["stdlib/meta"] = { ignore = { "212", "111", "112", "113", "122" } }

-- What a runbook sees: the sandbox's globals.
local sandbox = {
  "runbook", "step", "parallel", "gate", "confirm", "checklist", "sleep", "note",
  "alerts", "duration", "effect", "errors", "fs", "helm", "http", "json", "k8s", "loki", "param",
  "prom", "sh", "yaml",
}
files["runbooks"] = { read_globals = sandbox }
files["tests/fixtures"] = { read_globals = sandbox }
files["tests/bench/runbooks"] = { read_globals = sandbox }
files["tests/e2e/runbooks"] = { read_globals = sandbox }
