std = "lua54"
max_line_length = 140
exclude_files = { ".deps", "build" }
-- A result's type is one line, however long.
files["stdlib/public"] = { max_comment_line_length = false }
files["stdlib/meta"] = { ignore = { "212", "241", "121", "111", "112", "113", "122", "142", "631" } }

-- What a runbook sees: made from stdlib/public by `make docs`.
stds.almanac = dofile "stdlib/meta/luacheck.lua"
for _, folder in ipairs { "runbooks", "tests/fixtures", "tests/bench/runbooks" } do
  files[folder] = { std = "lua54+almanac" }
end
stds.almanac_test = dofile "stdlib/meta/testing/luacheck.lua"
for _, folder in ipairs { "runbooks/tests", "runbooks/templates/tests" } do
  files[folder] = { std = "lua54+almanac+almanac_test" }
end
