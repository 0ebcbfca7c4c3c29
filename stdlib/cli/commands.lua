--- The commands there are: what main runs, and what --help, the completion and the manual pages are made from.
local M = {}

---@class almanac.Command
---@field name string
---@field summary string    a line
---@field module string     whose run(words, operator) does it, and whose usage and options say what it takes
---@field among? string[]    statuses of the runs that it is about, where its first word is a run
---@field takes? "runbook"|"run"|"shell"|"name"  what its first word is, for the completion
---@field drives? boolean   drives a run: its exit code is the run's
---@field looks? boolean    only looks: the process can perform no effect
---@field detailed? boolean says by exit code 2 that there is something to do
---@field here? boolean     works where it is typed, not in the project there or above
---@field alone? boolean    has nothing to do with runbooks
---@field hidden? boolean   is nobody's to type
---@field group? string     what it is for, of one that is not hidden: --help has a heading for each

--- The headings of --help.
local BEGIN, WRITE, RUN, BACK, PROGRAM = "To begin", "To write and to try", "To run", "To look back", "Of the program"

--- Statuses of the runs that a command is about: those that are offered for it.
local WAITING, STOPPED = { "waiting" }, { "failed", "paused", "interrupted", "waiting", "crashed" }

--- In the order of --help.
---@type almanac.Command[]
M.all = {
  { name = "init", group = BEGIN, summary = "begin a project: almanac.yaml, a first runbook, what editors need",
    module = "almanac.cli.init", here = true },
  { name = "new", group = BEGIN, summary = "write a runbook from a template", module = "almanac.cli.new" },
  { name = "eject", group = BEGIN, summary = "copy a built-in runbook, to be made one's own",
    module = "almanac.cli.eject", takes = "runbook" },
  { name = "doc", group = WRITE, summary = "say what a runbook can call, and how",
    module = "almanac.cli.doc", takes = "name", looks = true },
  { name = "check", group = WRITE, summary = "check runbooks for mistakes without running them",
    module = "almanac.cli.check", takes = "runbook", looks = true },
  { name = "test", group = WRITE, summary = "run the tests of runbooks: nothing real is touched, and no time passes",
    module = "almanac.cli.test" },
  { name = "repl", group = WRITE, summary = "try calls one by one: reads real, effects previewed",
    module = "almanac.cli.repl", looks = true },
  { name = "rehearse", group = WRITE, summary = "run a runbook on a simulated copy of its namespace, with outages and kills",
    module = "almanac.cli.rehearse", takes = "runbook", drives = true },
  { name = "snapshot", group = WRITE, summary = "write down what a namespace holds, with nothing secret in it",
    module = "almanac.cli.snapshot", looks = true },
  { name = "sim", group = WRITE, summary = "serve a simulated Kubernetes cluster and devnet", module = "almanac.cli.sim", here = true },
  { name = "meta", group = WRITE, summary = "write what editors know of it: stubs for the Lua language server",
    module = "almanac.cli.meta", here = true },
  { name = "lsp", group = WRITE, summary = "serve an editor: mistakes, completion and plans as one types",
    module = "almanac.cli.lsp", looks = true },
  { name = "list", group = RUN, summary = "list the runbooks there are", module = "almanac.cli.list", looks = true },
  { name = "show", group = RUN, summary = "show a runbook: parameters, what it may touch, its source",
    module = "almanac.cli.show", takes = "runbook", looks = true },
  { name = "plan", group = RUN, summary = "show what a run would change, and change nothing",
    module = "almanac.cli.plan", takes = "runbook", looks = true, detailed = true },
  { name = "run", group = RUN, summary = "run a runbook", module = "almanac.cli.run", takes = "runbook", drives = true },
  { name = "resume", group = RUN, summary = "go on with a run that was stopped",
    module = "almanac.cli.resume", takes = "run", among = STOPPED, drives = true },
  { name = "rollback", group = RUN, summary = "undo the done steps of a run, newest first",
    module = "almanac.cli.rollback", takes = "run", drives = true },
  { name = "approve", group = RUN, summary = "answer yes to what a run waits for",
    module = "almanac.cli.approve", takes = "run", among = WAITING },
  { name = "reject", group = RUN, summary = "answer no to it", module = "almanac.cli.reject", takes = "run", among = WAITING },
  { name = "answer", group = RUN, summary = "answer a question that has other words than yes and no",
    module = "almanac.cli.answer_with", takes = "run", among = WAITING },
  { name = "abandon", group = RUN, summary = "give up a run that was stopped, and the lock that it holds",
    module = "almanac.cli.abandon", takes = "run", among = STOPPED },
  { name = "runs", group = BACK, summary = "list the runs in the journal", module = "almanac.cli.runs", looks = true },
  { name = "status", group = BACK, summary = "show the tree of a run", module = "almanac.cli.status", takes = "run", looks = true },
  { name = "log", group = BACK, summary = "print the journal of a run", module = "almanac.cli.log", takes = "run", looks = true },
  { name = "report", group = BACK, summary = "write what became of a run: a page, Markdown, JUnit, JSON",
    module = "almanac.cli.report", takes = "run", looks = true },
  { name = "serve", group = BACK, summary = "serve the runs as pages, live", module = "almanac.cli.serve" },
  { name = "verify", group = BACK, summary = "check that a journal is whole, and who signed what",
    module = "almanac.cli.verify", takes = "run", looks = true },
  { name = "backtest", group = BACK, summary = "judge a runbook's gates and canary on Prometheus' history",
    module = "almanac.cli.backtest", takes = "runbook", looks = true },
  { name = "completion", group = PROGRAM, summary = "print the script that completes commands in bash, fish or zsh",
    module = "almanac.cli.completion", takes = "shell", here = true },
  { name = "version", group = PROGRAM, summary = "print the version", module = "almanac.cli.version", here = true, alone = true },
  { name = "lua", group = PROGRAM, summary = "run a Lua file on the runtime, unsandboxed (for Almanac's own tests)",
    module = "almanac.cli.lua", here = true },
  { name = "rehearsed", summary = "the inside of a rehearsal", module = "almanac.cli.rehearsed", drives = true, hidden = true },
  { name = "complete", summary = "say what a word may become", module = "almanac.cli.complete", looks = true, hidden = true },
  { name = "under-test", summary = "perform a command in the world of a test",
    module = "almanac.cli.under_test", here = true, alone = true, hidden = true },
  { name = "helm-under-test", summary = "run helm in the world of a test",
    module = "almanac.cli.helm_under_test", here = true, alone = true, hidden = true },
  { name = "stand-in", summary = "stand in for a program of a test",
    module = "almanac.cli.stand_in", here = true, alone = true, hidden = true },
}

--- The command of a name.
---@param name string
---@return almanac.Command?
function M.find(name)
  for _, command in ipairs(M.all) do
    if command.name == name then return command end
  end
end

--- The names that can be typed.
---@return table<string, true>
function M.names()
  local names = {}
  for _, command in ipairs(M.all) do
    if not command.hidden then names[command.name] = true end
  end
  return names
end

--- What does it.
---@param command almanac.Command
---@return { run: fun(words: string[], operator: almanac.Operator): integer?, usage: string, options: almanac.Option[] }
function M.module(command)
  return require(command.module)
end

return M
