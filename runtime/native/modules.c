#include "native/modules.h"

#include "native/codec.h"
#include "native/journal.h"
#include "native/fs.h"
#include "native/http.h"
#include "native/httpd.h"
#include "native/json.h"
#include "native/k8s.h"
#include "native/sh.h"
#include "native/sys.h"
#include "native/yaml.h"
#include "engine/vm.h"

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
