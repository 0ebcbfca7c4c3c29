-- Archives are read as every other program reads them, or refused.
local t = require "tests.harness"
local tar = require "almanac.base.tar"

--- A header and its data, as USTAR has it.
local function entry(name, data, options)
  options = options or {}
  local function field(text, width) return (text .. ("\0"):rep(width)):sub(1, width) end
  local header = field(name, 100) .. field("0000644", 8) .. field("0000000", 8) .. field("0000000", 8)
    .. field(options.size or string.format("%011o", #data), 12) .. field("00000000000", 12) .. (" "):rep(8)
    .. (options.kind or "0") .. field("", 100) .. field("ustar", 6) .. "00" .. field("", 32) .. field("", 32) .. field("", 16)
    .. field(options.prefix or "", 155) .. ("\0"):rep(12)
  return header .. data .. ("\0"):rep(-#data % 512)
end

local END = ("\0"):rep(1024)

t.test("files come with their data, in order, by every name that the archive gives them", function()
  local files = tar.files(entry("c/", "", { kind = "5" }) .. entry("c/a", "one") .. entry("c/b", ("x"):rep(513))
    .. entry("b", "", { prefix = "long/way" }) .. entry("././@LongLink", "c/very/long\0", { kind = "L" }) .. entry("short", "z")
    .. entry("pax", "20 path=c/of records\n", { kind = "x" }) .. entry("q", "y") .. entry("l", "", { kind = "2" }) .. END .. "behind")
  local said = {}
  for i, file in ipairs(files) do said[i] = file.names:gsub("[\n%z]+", "|") .. "=" .. #file.data end
  t.eq(said, { "c/a|=3", "c/b|=513", "b|long/way=0", "c/very/long|short|=1", "20 path=c/of records|q|=1" })
  t.eq(tar.files(""), {})
end)

t.test("what tar wrote is read", function()
  local dir = t.tmpdir()
  t.must { "mkdir", "-p", dir .. "/c/" .. ("d"):rep(98) }
  t.write_file(dir .. "/c/" .. ("d"):rep(98) .. "/values", "deep")
  for _, form in ipairs { "gnu", "pax", "ustar" } do
    t.must { "tar", "--format", form, "-C", dir, "-cf", dir .. "/x.tar", "c" }
    local files = tar.files(t.read_file(dir .. "/x.tar"))
    t.eq(#files, 1, form)
    t.has(files[1].names, "values")
    t.eq(files[1].data, "deep", form)
  end
end)

t.test("what programs read in different ways is refused", function()
  for what, bytes in pairs {
    cut_header = ("x"):rep(511), cut_data = entry("a", "one"):sub(1, 514), no_size = entry("a", "", { size = "nine" }),
    base_256 = entry("a", "", { size = "\128\0\0\0\0\0\0\0\0\0\0\1" }),
    sparse = entry("a", "x", { kind = "S" }),
    pax_size = entry("p", "10 size=9\n", { kind = "x" }) .. entry("a", "x"),
    pax_sparse = entry("p", "22 GNU.sparse.major=1\n", { kind = "x" }) .. entry("a", "x"),
    link_with_data = entry("a", "x", { kind = "1" }),
    device_with_data = entry("a", "x", { kind = "3" }), unknown = entry("a", "", { kind = "Z" }),
  } do
    local ok, err = pcall(tar.files, bytes .. (what:find "^cut" and "" or END))
    t.eq(ok, false, what)
    t.eq(err.kind, "corrupt", what)
  end
end)
