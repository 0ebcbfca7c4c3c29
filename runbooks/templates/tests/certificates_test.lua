-- certificates, tried without hosts: what openssl and ssh say is answered. Run by: almanac test certificates

describe("certificates", function()
  it("leaves alone what ends late, and renews what ends soon", function()
    local w = world {
      sh = {
        ["openssl s_client *"] = "a certificate\n",
        ["openssl x509 *"] = { "notAfter=2026-01-20 00:00:00Z", "notAfter=2026-04-20 00:00:00Z" },
        ["ssh *"] = "renewed\n",
      },
    }
    local run = w:run("certificates", { hosts = { "a.example.org" } })
    assert.equal("done", run.status)
    expect_effects(run, { "ssh -o BatchMode=yes a.example.org" })
  end)

  it("renews nothing that ends late", function()
    local w = world { sh = { ["openssl s_client *"] = "x\n", ["openssl x509 *"] = "notAfter=2026-12-24 00:00:00Z" } }
    expect_effects(w:run("certificates", { hosts = { "a.example.org", "b.example.org" } }), {})
  end)
end)
