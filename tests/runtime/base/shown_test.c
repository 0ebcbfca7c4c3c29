/* What is shown cannot move the cursor, erase a line, or turn one round. */
#include "base/shown.h"

#include <string.h>
#include <unistd.h>

#include "check.h"

static void check_shown(const char *text, const char *want)
{
    struct buf out = BUF_INIT(4096);

    CHECK(shown_add(&out, text, strlen(text), "k3y") == 0);
    CHECK(strcmp(buf_str(&out), want) == 0);
    buf_release(&out);
}

int main(void)
{
    struct buf small = BUF_INIT(6);

    check_shown("", "");
    check_shown("plain\ttext\nwörds ✓ 日本 👍\n", "plain\ttext\nwörds ✓ 日本 👍\n");
    check_shown("a\033[2K\033[1A\rPlan: 0 effects\r\n", "a\\x1b[2K\\x1b[1A\\x0dPlan: 0 effects\n");
    check_shown("\a\b\f\v\x7f", "\\x07\\x08\\x0c\\x0b\\x7f");
    check_shown("\033]0;title\a", "\\x1b]0;title\\x07");
    /* C1: CSI and OSC in one character, as UTF-8 and as a byte that is none */
    check_shown("\xc2\x9b"
                "2K\x9b"
                "2K",
                "\\u009b2K\\x9b2K");
    /* bidi, separators, a tag, what has no width */
    check_shown("a\u202eb\u2066c\u2028d\u200be\u061cf\ufeff",
                "a\\u202eb\\u2066c\\u2028d\\u200be\\u061cf\\ufeff");
    check_shown("x\U000e0041", "x\\udb40\\udc41");
    /* what is not seen: joiners, soft hyphens, fillers, selectors of a variant, blank Braille */
    check_shown("a\u200db\u00adc\u3164d\u115fe\uffa0f\u180eg\ufe0fh\u2800i",
                "a\\u200db\\u00adc\\u3164d\\u115fe\\uffa0f\\u180eg\\ufe0fh\\u2800i");
    check_shown("\U000e0100\u034f\U0001d173", "\\udb40\\udd00\\u034f\\ud834\\udd73");
    check_shown("\U00013430\U00016fe4\U0001d159", "\\ud80d\\udc30\\ud81b\\udfe4\\ud834\\udd59");
    /* what is no character, in any plane; what is kept for private use, and the last before them,
     * stay */
    check_shown("a\uffffb\ufffec\ufdd0d\ufdefe\U0001fffef\U0010ffffg",
                "a\\uffffb\\ufffec\\ufdd0d\\ufdefe\\ud83f\\udffef\\udbff\\udfffg");
    check_shown("\ufffd\ufdcf\ufdf0\ue000\U0010fffd", "\ufffd\ufdcf\ufdf0\ue000\U0010fffd");
    /* marks that pile up, of any script; what people write stays */
    check_shown("e\u0301\u0323 \u0e01\u0e49\u0e47 \u05e9\u05c1\u05b8",
                "e\u0301\u0323 \u0e01\u0e49\u0e47 \u05e9\u05c1\u05b8");
    check_shown("\u0e47\u0e47\u0e47\u0e47\u0e47\u0e47\u0e47\u0e47\u0e47",
                "\u0e47\u0e47\u0e47\u0e47\u0e47\u0e47\u0e47\u0e47\\u0e47");
    check_shown("\xff\xfe\xc3", "\\xff\\xfe\\xc3");
    /* our own colours, by the mark; anything else behind the mark is spelt */
    check_shown("\033k3y[1;31mred\033k3y[0m", "\033[1;31mred\033[0m");
    check_shown("\033k3y[2K\033k3x[1m\033k3y[1", "\\x1bk3y[2K\\x1bk3x[1m\\x1bk3y[1");
    check_shown("\033[31mforged", "\\x1b[31mforged");
    CHECK(shown_add(&small, "abc\033def", 7, NULL) == -1);
    buf_release(&small);
    return 0;
}
