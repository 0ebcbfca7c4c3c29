#include "modules.h"

#include "mod_codec.h"
#include "mod_journal.h"
#include "mod_fs.h"
#include "mod_http.h"
#include "mod_httpd.h"
#include "mod_json.h"
#include "mod_k8s.h"
#include "mod_sh.h"
#include "mod_sys.h"
#include "mod_yaml.h"
#include "vm.h"

void modules_register(lua_State *L)
{
    static const struct {
        const char *name;
        lua_CFunction open;
    } modules[] = {
        {"codec", luaopen_native_codec},     {"fs", luaopen_fs},
        {"http", luaopen_native_http},       {"httpd", luaopen_native_httpd},
        {"journal", luaopen_native_journal}, {"json", luaopen_native_json},
        {"k8s", luaopen_native_k8s},         {"sh", luaopen_sh},
        {"sys", luaopen_native_sys},         {"yaml", luaopen_native_yaml},
    };

    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
        vm_register(L, modules[i].name, modules[i].open);
}
