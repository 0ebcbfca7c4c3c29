-- What is wrong with a pattern is known before it meets a text.
local pattern = require "almanac.base.pattern"
local t = require "tests.harness"

t.test("each fault by its words", function()
  for text, fault in pairs {
    ["["] = "a [ has no ]", ["a["] = "a [ has no ]", ["[]"] = "a [ has no ]", ["[^]"] = "a [ has no ]", ["[%]"] = "a [ has no ]",
    ["a%"] = "it ends with %", ["("] = "a ( has no )", ["a)"] = "a ) closes nothing", ["%bx"] = "%b needs two characters behind it",
    ["%fa"] = "%f needs a [ behind it", ["%1"] = "%1 refers to no capture before it", ["(%1)"] = "%1 refers to no capture before it",
    ["(a)%0"] = "%0 refers to no capture before it", [("()"):rep(33)] = "it has too many captures",
  } do
    t.eq(pattern.fault(text), fault, text)
  end
end)

t.test("what is right", function()
  for _, text in ipairs { "", "^v%d+%.%d+$", "[]]", "[^]]", "[%]]", "[a-]", "(a(b)%2)", "()%1", "%bxy", "%f[%w]", "^", "$", "a-",
    ("()"):rep(32) } do
    t.eq(pattern.fault(text), nil, text)
  end
end)

t.test("a pattern without a fault never raises, whatever it meets", function()
  local alphabet = { "a", "b", "(", ")", "[", "]", "%", "^", "$", "-", "*", "1", "f", "b", ".", "?" }
  local seed = 4711
  local function random(n)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed // 65536 % n + 1
  end
  local sound, wrong = 0, 0
  for _ = 1, 20000 do
    local made = {}
    for i = 1, random(8) do made[i] = alphabet[random(#alphabet)] end
    local text = table.concat(made)
    if pattern.fault(text) then
      wrong = wrong + 1
    else
      sound = sound + 1
      for _, subject in ipairs { "", "a", "ab1", "a(b)[b]%", "aabb^$1111" } do
        local ok, err = pcall(string.find, subject, text)
        t.ok(ok, text .. ": " .. tostring(err))
      end
    end
  end
  t.ok(sound > 1000 and wrong > 1000)
end)
