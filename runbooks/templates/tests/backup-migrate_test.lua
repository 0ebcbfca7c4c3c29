-- backup-migrate, tried without a database: each program is answered for. Run by: almanac test backup-migrate
local PARAMS = { database = "shop", migration = "ops/1.sql" }

describe("backup-migrate", function()
  local w
  before_each(function()
    w = world {
      files = { ["ops/1.sql"] = "alter table orders add column paid boolean;\n" },
      sh = {
        ["pg_dump *"] = function(argv) return { writes = { [argv[3]:match "^%-%-file=(.*)$"] = "a dump" } } end,
        ["pg_restore --list *"] = ";\n1; a\n2; b\n", ["pg_restore --clean *"] = "", ["psql *"] = "",
      },
    }
  end)

  it("backs up before it migrates", function()
    local run = w:run("backup-migrate", PARAMS)
    assert.equal("done", run.status)
    expect_effects(run, { "fs.mkdir", "pg_dump", "psql" })
    assert.equal(2, run.steps["the backup can be read"].result.entries)
  end)

  it("puts the backup back when it is rolled back", function()
    local run = w:run("backup-migrate", PARAMS)
    run:rollback()
    assert.equal("undone", run.status)
    assert.equal(1, w:called "pg_restore --clean *")
  end)

  it("restores nothing where the migration fails: its transaction changed nothing", function()
    w:set { sh = {
      ["pg_dump *"] = function(argv) return { writes = { [argv[3]:match "^%-%-file=(.*)$"] = "a dump" } } end,
      ["pg_restore --list *"] = "", ["psql *"] = { code = 3, stderr = "ERROR: no relation orders" },
    } }
    local run = w:run("backup-migrate", PARAMS)
    assert.equal("failed", run.status)
    assert.contains("no relation orders", run.error.stderr)
    assert.equal(0, w:called "pg_restore --clean *")
  end)
end)
