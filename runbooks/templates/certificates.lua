--- Renew the certificates of several hosts, and see that each serves the new one.
---
--- When: they end soon; those that do not are left alone.
--- Needs: openssl and ssh on PATH, and a key that the hosts know.
--- Touches: what the command below does on each host.
--- Undone: a certificate that was renewed stays.
local renew = { "sudo", "certbot", "renew" } -- run on each host; renewing twice does no harm

local function days_left(host, port)
  local served = sh.read { "openssl", "s_client", "-connect", host .. ":" .. port, "-servername", host, stdin = "", timeout = "20s" }
  local ends = sh.read { "openssl", "x509", "-noout", "-enddate", "-dateopt", "iso_8601", stdin = served.stdout }
  local text = ends.stdout:match "notAfter=(%S+ %S+)"
  return (timestamp.parse((text:gsub(" ", "T"))) - os.time()) / 86400
end

return runbook {
  summary = "Renew the certificates of several hosts",
  params = {
    hosts = param.list { required = true, help = "their names: a.example.org,b.example.org" },
    port = param.integer { default = 443, min = 1, max = 65535, help = "where they serve TLS" },
    within = param.integer { default = 30, min = 1, help = "days: certificates that end later are left alone" },
  },
  pass_env = { "SSH_AUTH_SOCK" },
  allow = { shell = { "openssl", "ssh" } },
  run = function(p)
    local hosts = {}
    for _, host in ipairs(p.hosts) do
      hosts[host] = function()
        local left = step("when it ends", function() return days_left(host, p.port) end)
        step("renew", { when = left < p.within }, function()
          sh.run { argv = { "ssh", "-o", "BatchMode=yes", host, "--", table.unpack(renew) }, timeout = "5m", idempotent = true }
        end)
        step("the new one is served", { when = left < p.within, retry = { times = 5, delay = "2s" } }, function()
          local now = days_left(host, p.port)
          if now <= left then
            errors.raise { kind = "evidence", message = string.format("%s still serves the one that ends in %.0f days", host, left) }
          end
          return now
        end)
      end
    end
    parallel("hosts", hosts)
  end,
}
