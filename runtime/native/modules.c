#include "native/modules.h"

#include "engine/vm_load.h"
#include "native/aside.h"
#include "native/clock.h"
#include "native/codec.h"
#include "native/digest.h"
#include "native/embedded.h"
#include "native/fs.h"
#include "native/http.h"
#include "native/httpd.h"
#include "native/isolation.h"
#include "native/journal.h"
#include "native/json.h"
#include "native/k8s.h"
#include "native/keyboard.h"
#include "native/messages.h"
#include "native/needles.h"
#include "native/order.h"
#include "native/process.h"
#include "native/scratch.h"
#include "native/sh.h"
#include "native/signals.h"
#include "native/terminal.h"
#include "native/trace.h"
#include "native/yaml.h"

void modules_register(lua_State *L)
{
    static const struct {
        const char *name;
        lua_CFunction open;
    } modules[] = {
        {"aside", luaopen_native_aside},
        {"clock", luaopen_native_clock},
        {"codec", luaopen_native_codec},
        {"digest", luaopen_native_digest},
        {"embedded", luaopen_native_embedded},
        {"fs", luaopen_native_fs},
        {"http", luaopen_native_http},
        {"httpd", luaopen_native_httpd},
        {"isolation", luaopen_native_isolation},
        {"journal", luaopen_native_journal},
        {"json", luaopen_native_json},
        {"k8s", luaopen_native_k8s},
        {"keyboard", luaopen_native_keyboard},
        {"messages", luaopen_native_messages},
        {"needles", luaopen_native_needles},
        {"order", luaopen_native_order},
        {"process", luaopen_native_process},
        {"scratch", luaopen_native_scratch},
        {"sh", luaopen_native_sh},
        {"signals", luaopen_native_signals},
        {"terminal", luaopen_native_terminal},
        {"trace", luaopen_native_trace},
        {"yaml", luaopen_native_yaml},
    };

    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
        vm_register(L, modules[i].name, modules[i].open);
}
