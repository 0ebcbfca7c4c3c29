--- Back a PostgreSQL database up and migrate it, in one transaction: a migration that fails changes nothing.
---
--- When: a release changes the schema. Nobody should write to the database meanwhile.
--- Needs: pg_dump, pg_restore and psql on PATH; the password in ~/.pgpass or PGPASSWORD.
--- Touches: the database, and the directory of backups.
--- Undone: `almanac rollback` restores the backup into the database; what was written since then is lost, so no run does that by itself.
return runbook {
  summary = "Back a database up and migrate it",
  params = {
    database = param.string { required = true, example = "shop", help = "as psql takes it: a name, or postgresql://HOST/NAME" },
    migration = param.string { required = true, pattern = "%.sql$", example = "42.sql", help = "the file with the migration" },
    backups = param.string { default = "backups", help = "the directory for backups" },
    timeout = param.duration { default = "1h", help = "for the backup, and for the migration" },
  },
  pass_env = { "PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGPASSFILE", "PGSSLMODE", "PGSSLROOTCERT" },
  allow = {
    shell = { "pg_dump", "pg_restore", "psql" },
    fs = { "backups", "backups/*" }, -- yours
    read = { fs = { "**.sql" } },
  },
  lock = function(p) return "database/" .. p.database end,
  run = function(p)
    local file = step("a name for the backup", function()
      local digest = fs.digest(p.migration)
      if not digest then error("there is no migration " .. p.migration) end
      return p.backups .. "/" .. os.date("!%Y%m%dT%H%M%SZ") .. "-before-" .. digest:sub(1, 8) .. ".dump"
    end)
    step("back it up", function()
      fs.mkdir(p.backups)
      -- Writing it twice does no harm: pg_dump begins the file anew.
      sh.run { "pg_dump", "--format=custom", "--file=" .. file, p.database, timeout = p.timeout, idempotent = true }
    end)
    step("the backup can be read", function()
      local list = sh.read { "pg_restore", "--list", file }
      return { size = fs.stat(file).size, entries = select(2, list.stdout:gsub("\n%d", "")) }
    end)
    step("migrate", {
      undo = function()
        sh.run {
          "pg_restore", "--clean", "--if-exists", "--single-transaction", "--dbname=" .. p.database, file,
          timeout = p.timeout, idempotent = true,
        }
      end,
    }, function()
      -- One transaction: after a crash either all of it is there or nothing.
      sh.run {
        "psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--single-transaction", "--file=" .. p.migration, p.database,
        timeout = p.timeout,
      }
    end)
  end,
}
