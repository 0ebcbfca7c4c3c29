-- allow: what its patterns name. Pure.
local allow = require "almanac.base.allow"
local glob = require "almanac.base.glob"
local t = require "tests.harness"

t.test("* and ? end at a fence, ** does not, and nothing else is special", function()
  for _, case in ipairs {
    { "a/*", "a/b", true }, { "a/*", "a/b/c", false }, { "a/**", "a/b/c", true }, { "a/**", "a", false }, { "*", "a", true },
    { "*", "", true },
    { "*", "a/b", false }, { "**", "a/b", true }, { "a?c", "abc", true }, { "a?c", "a/c", false }, { "a.c", "abc", false },
    { "a[b]c", "abc", false }, { "a%d", "a1", false }, { "", "", true }, { "", "a", false }, { "^a$", "a", false }, { "a-b", "a-b", true },
    { "***", "a/b", true }, { "a", "b/a", false }, { "a", "a\n", false },
  } do t.eq(glob.match(case[1], case[2]), case[3], case[1] .. " and " .. case[2]) end
  t.eq(glob.match("*", "ns@prod", "/@"), false)
  t.eq(glob.match("*@prod", "ns@prod", "/@"), true)
end)

local function covers(given, access, category, ...)
  return allow.covers(given, access, { category = category, names = { ... } })
end

t.test("one of a target's names is enough; what may be changed may be read, and not the other way round", function()
  local given = { fs = { "a/*" }, read = { fs = { "b/*" }, http = { "https://x/**" } } }
  t.eq(covers(given, "change", "fs", "nope", "a/x"), true)
  t.eq(covers(given, "read", "fs", "a/x"), true)
  t.eq(covers(given, "read", "fs", "b/x"), true)
  t.eq(covers(given, "change", "fs", "b/x"), false)
  t.eq(covers(given, "read", "http", "https://x/a/b"), true)
  t.eq(covers(given, "change", "http", "https://x/a/b"), false)
  t.eq(covers({}, "read", "read", "x"), false)
end)

t.test("a release stands for the objects of its namespace, and for nothing in none", function()
  local given = { helm = { "web", "team/*", "x@prod" } }
  for _, name in ipairs { "web", "team", "x@prod" } do t.eq(covers(given, "change", "k8s", name), true, name) end
  t.eq(covers({ helm = { "web" } }, "change", "k8s", "other"), false)
  t.eq(covers({ helm = { "team/web" } }, "change", "k8s", "web"), false)
  t.eq(covers({ helm = { "**" } }, "change", "k8s", "node/a"), false)
  t.eq(covers({ helm = { "x@prod" } }, "change", "k8s", "x"), false)
  t.eq(covers({ read = { helm = { "web" } } }, "change", "k8s", "web"), false)
  t.eq(covers({ read = { helm = { "web" } } }, "read", "k8s", "web"), true)
end)

t.test("a server may be asked for itself by whoever may reach anything there", function()
  local function asks(given, own, context)
    return allow.covers(given, "read", { category = "k8s", names = { "*" }, server = { own = own, context = context } })
  end
  t.eq(asks({ k8s = { "web" } }, true, "a"), true)
  t.eq(asks({ helm = { "web" } }, true, "a"), true)
  t.eq(asks({ read = { k8s = { "web" } } }, true, "a"), true)
  t.eq(asks({ k8s = { "web@b" } }, false, "b"), true)
  t.eq(asks({ k8s = { "**" } }, false, "b"), true)
  t.eq(asks({ k8s = { "web", "*" } }, false, "b"), false)
  t.eq(asks({ k8s = { "web@b" } }, true, "a"), false)
  t.eq(asks({ fs = { "**" } }, true, "a"), false)
end)

t.test("two allows are joined by category, reads too; without one everything is allowed", function()
  t.eq(allow.join({ fs = { "a" }, read = { k8s = { "x" } } }, { fs = { "b" }, http = { "c" }, read = { k8s = { "y" } } }),
    { fs = { "a", "b" }, http = { "c" }, read = { k8s = { "x", "y" } } })
  t.eq(allow.join({ fs = { "a" } }, { read = { fs = { "b" } } }), { fs = { "a" }, read = { fs = { "b" } } })
  t.eq(allow.join(nil, { fs = { "a" } }), nil)
  t.eq(allow.join({ fs = { "a" } }, nil), nil)
end)
