--- Variables of an environment: what may be a name of one, and which have programs do something else. Pure.
local M = {}

--- Of programs that everybody has. There are more than anybody knows: `allow` is asked about every name.
local STEERING = {
  "^PATH$", "^HOME$", "^LD_", "^DYLD_", "^BASH_", "^ENV$", "^IFS$", "^SHELLOPTS$", "^PS4$", "^GCONV_PATH$", "^PYTHON", "^PERL",
  "^RUBY", "^GEM_", "^NODE_", "^LUA_", "^JAVA_TOOL_OPTIONS$", "^_?JDK_", "^GIT_", "^SSH_ASKPASS", "^EDITOR$", "^VISUAL$", "^PAGER$",
  "^LESSOPEN$", "^HELM_", "^KUBE", "^DOCKER_", "^COMPOSE_", "_PROXY$", "_proxy$", "^SSL_CERT_", "^XDG_",
}

--- Whether a text is a name, as shells take them.
---@param name any
---@return boolean
function M.is_name(name)
  return type(name) == "string" and name:find "^[%a_][%w_]*$" ~= nil
end

--- Whether it is known to have a program do something else.
---@param name string
---@return boolean
function M.steers(name)
  for _, pattern in ipairs(STEERING) do
    if name:find(pattern) then return true end
  end
  return false
end

return M
