/* embed_bytes: what the generated table of embed.h declares its bytes with. */
#ifndef ALMANAC_EMBED_BYTES_H
#define ALMANAC_EMBED_BYTES_H

#include "engine/embed.h"

/* `file` is a string, `range` is "" or ",SKIP,COUNT". */
#define EMBED_BYTES(section, name, file, range)                                                    \
    __asm__(".pushsection " section ",\"a\"\n.balign 16\n" name ":\n"                              \
            ".incbin \"" file "\"" range "\n.byte 0\n.popsection\n")

#define EMBED_TEXT(n, path)                                                                        \
    EMBED_BYTES("embed_texts", "embed_text_" #n, path, "");                                        \
    extern const char embed_text_##n[]

#define EMBED_CODE(n, file, skip, count)                                                           \
    EMBED_BYTES("embed_codes", "embed_code_" #n, file, "," #skip "," #count);                      \
    extern const char embed_code_##n[]

#endif
