-- Made by `make docs`. In .luacheckrc:
--   stds.almanac = dofile "luacheck.lua"
--   std = "lua54+almanac"
return {
  read_globals = {
    after_each = {},
    assert = { other_fields = true },
    before_each = {},
    describe = {},
    expect_effects = {},
    expect_plan = {},
    it = {},
    kill_at_every_effect = {},
    pending = {},
    print = {},
    world = {},
  },
}
