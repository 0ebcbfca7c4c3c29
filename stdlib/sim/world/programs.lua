--- What the containers of the simulated cluster can run: a few programs, each a function(io, argv) that
--- returns its exit code. io: out(text), err(text), read() → text or nil, sleep(seconds), env, run(io,
--- argv) → code or nil, pid, processes, files of the container, breathe().
local shell = require "almanac.sim.world.shell"

local programs = {}

-- Functions of this module that no container can run.
local NO_PROGRAMS = { find = true, are_known = true }

local PIECE = 32768

programs["true"] = function() return 0 end
programs["false"] = function() return 1 end

function programs.echo(io, argv)
  local from, newline = 2, "\n"
  if argv[2] == "-n" then from, newline = 3, "" end
  io.out(table.concat(argv, " ", from) .. newline)
  return 0
end

function programs.printf(io, argv)
  local at = 2
  local text = (argv[2] or ""):gsub("\\(.)", { n = "\n", t = "\t", ["0"] = "\0", ["\\"] = "\\" }):gsub("%%([sd%%])", function(c)
    if c == "%" then return "%" end
    at = at + 1
    return argv[at] or ""
  end)
  io.out(text)
  return 0
end

function programs.cat(io, argv)
  local code = 0
  if not argv[2] then
    for piece in io.read do io.out(piece) end
  end
  for i = 2, #argv do
    local text = io.read_file(argv[i])
    if text then
      io.out(text)
    else
      io.err(("cat: %s: No such file or directory\n"):format(argv[i]))
      code = 1
    end
  end
  return code
end

function programs.sleep(io, argv)
  local seconds = tonumber(argv[2])
  if argv[2] == "infinity" then seconds = 1e9 end
  if not seconds then
    io.err(("sleep: invalid time interval '%s'\n"):format(argv[2] or ""))
    return 1
  end
  io.sleep(seconds)
  return 0
end

function programs.head(io, argv)
  local count = tonumber(argv[2] == "-c" and argv[3] or "")
  if not count or argv[4] ~= "/dev/zero" then
    io.err "head: not simulated: anything but head -c N /dev/zero\n"
    return 2
  end
  while count > 0 do
    local n = math.min(count, PIECE)
    io.out(("\0"):rep(n))
    count = count - n
  end
  return 0
end

--- seq LAST, or FIRST LAST.
function programs.seq(io, argv)
  local first, last = tonumber(argv[3] and argv[2] or 1), tonumber(argv[3] or argv[2])
  if not first or not last then
    io.err "seq: give one or two numbers\n"
    return 1
  end
  local lines, size = {}, 0
  for i = math.floor(first), math.floor(last) do
    lines[#lines + 1] = i .. "\n"
    size = size + #lines[#lines]
    if size > PIECE then
      io.out(table.concat(lines))
      lines, size = {}, 0
    end
  end
  io.out(table.concat(lines))
  return 0
end

function programs.env(io)
  local names = {}
  for name in pairs(io.env) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do io.out(("%s=%s\n"):format(name, io.env[name])) end
  return 0
end

function programs.hostname(io)
  io.out(io.env.HOSTNAME .. "\n")
  return 0
end

function programs.touch(io, argv)
  for i = 2, #argv do io.write_file(argv[i], io.read_file(argv[i]) or "") end
  return 0
end

function programs.rm(io, argv)
  local code, forced = 0, false
  for i = 2, #argv do
    if argv[i]:find "^%-" then
      forced = forced or argv[i]:find("f", 1, true) ~= nil
    elseif io.files[argv[i]] then
      io.files[argv[i]] = nil
    elseif not forced then
      io.err(("rm: cannot remove '%s': No such file or directory\n"):format(argv[i]))
      code = 1
    end
  end
  return code
end

function programs.ls(io, argv)
  local wanted, found, seen = (argv[2] or "/"):gsub("/*$", "") .. "/", {}, {}
  for _, path in ipairs(io.paths()) do
    local name = path:sub(1, #wanted) == wanted and path:sub(#wanted + 1):match "^[^/]+"
    if name and not seen[name] then
      seen[name], found[#found + 1] = true, name
    end
  end
  if #found == 0 then
    io.err(("ls: %s: No such file or directory\n"):format(argv[2] or "/"))
    return 1
  end
  table.sort(found)
  io.out(table.concat(found, "\n") .. "\n")
  return 0
end

local COMPARE = {
  ["="] = function(a, b) return a == b end, ["!="] = function(a, b) return a ~= b end,
  ["-eq"] = function(a, b) return tonumber(a) == tonumber(b) end,
  ["-ne"] = function(a, b) return tonumber(a) ~= tonumber(b) end,
  ["-lt"] = function(a, b) return (tonumber(a) or 0) < (tonumber(b) or 0) end,
  ["-le"] = function(a, b) return (tonumber(a) or 0) <= (tonumber(b) or 0) end,
  ["-gt"] = function(a, b) return (tonumber(a) or 0) > (tonumber(b) or 0) end,
  ["-ge"] = function(a, b) return (tonumber(a) or 0) >= (tonumber(b) or 0) end,
}

function programs.test(io, argv)
  if argv[2] == "!" then return programs.test(io, { "test", table.unpack(argv, 3) }) == 0 and 1 or 0 end
  local op = argv[2]
  local result
  if #argv == 4 and COMPARE[argv[3]] then
    result = COMPARE[argv[3]](argv[2], argv[4])
  elseif op == "-e" or op == "-f" then
    result = io.read_file(argv[3]) ~= nil
  elseif op == "-n" or op == "-z" then
    result = ((argv[3] or "") ~= "") == (op == "-n")
  else
    result = #argv == 2 and argv[2] ~= ""
  end
  return result and 0 or 1
end

programs["["] = function(io, argv)
  return programs.test(io, { table.unpack(argv, 1, #argv - 1) })
end

local SIGNALS = { TERM = 15, KILL = 9, INT = 2, HUP = 1 }

function programs.kill(io, argv)
  local signal, from = 15, 2
  if argv[2] and argv[2]:find "^%-" then
    local name = argv[2]:sub(2):gsub("^SIG", "")
    signal, from = SIGNALS[name] or tonumber(name) or 15, 3
  end
  local code = 0
  for i = from, #argv do
    if not io.kill(math.tointeger(tonumber(argv[i])), signal) then
      io.err(("kill: (%s) - No such process\n"):format(argv[i]))
      code = 1
    end
  end
  return code
end

function programs.sh(io, argv)
  if argv[2] ~= "-c" or not argv[3] then
    io.err "sh: not simulated: anything but sh -c SCRIPT\n"
    return 2
  end
  return shell.run(io, argv[3], { table.unpack(argv, 5) })
end

programs.bash = programs.sh

--- The devnet's migration: `--is-done` says whether it ran.
programs["/app/scripts/migrate.sh"] = function(io, argv)
  local mark = "/var/lib/animica/migrated"
  if argv[2] == "--is-done" then return io.read_file(mark) and 0 or 1 end
  io.out "migrating\n"
  io.write_file(mark, (io.read_file(mark) or "") .. "migrated\n")
  io.out "done\n"
  return 0
end

--- Whether every program of a command is simulated, those of a script for sh too.
---@param argv string[]
---@return boolean
function programs.are_known(argv)
  local fn = programs.find(argv[1])
  if fn ~= programs.sh then return fn ~= nil end
  return argv[2] == "-c" and argv[3] ~= nil and shell.knows(argv[3], function(name) return programs.find(name) ~= nil end)
end

--- The program that a name or path stands for, or nil.
---@param name string
---@return (fun(io: table, argv: string[]): integer)?
function programs.find(name)
  local bare = name:match "^/bin/([^/]+)$" or name:match "^/usr/bin/([^/]+)$" or name
  local fn = programs[bare]
  return not NO_PROGRAMS[bare] and fn or nil
end

return programs
