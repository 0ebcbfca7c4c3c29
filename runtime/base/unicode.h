/* unicode: classes of characters that decide how a text is shown. */
#ifndef ALMANAC_UNICODE_H
#define ALMANAC_UNICODE_H

#include <stdbool.h>
#include <stdint.h>

/* Whether nothing is seen of it by itself: Default_Ignorable_Code_Point, and the blank Braille
 * pattern. https://www.unicode.org/Public/14.0.0/ucd/DerivedCoreProperties.txt */
bool unicode_is_invisible(uint32_t code);
/* Whether it is for ever no character: the last two of each plane, and U+FDD0 to U+FDEF. */
bool unicode_is_noncharacter(uint32_t code);
/* Whether it is drawn over the character before it: the categories Mn and Me of Unicode 14.0.0. */
bool unicode_is_mark(uint32_t code);

#endif
