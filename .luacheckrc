std = "lua54"
max_line_length = 120
exclude_files = { ".deps", "build" }
files["stdlib/meta"] = { ignore = { "212", "111", "112", "113", "122" } }

-- What a runbook sees: the sandbox's globals.
local sandbox = {
  "runbook", "param", "step", "effect", "plan", "undo", "confirm", "checklist", "parallel", "sleep",
  "gate", "canary", "sh", "http", "json", "yaml", "fs", "k8s", "rollout", "helm", "prom", "loki",
  "alerts", "clock", "env", "log", "errors", "secret", "state",
}
files["runbooks"] = { read_globals = sandbox }
files["tests/fixtures"] = { read_globals = sandbox }
