/* page: markers of paged lists. */
#include "operation/page.h"
#include "crypto.h"
#include "support/suite.h"

START_TEST(a_marker_gives_its_key_back)
{
    static const char *const keys[] = { "",
                                        "a",
                                        "my-function:1",
                                        "$LATEST",
                                        "\xC3\xA9",
                                        "1:x",
                                        "0123456789012345678901234567890123456789" };
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        char *marker = page_marker(keys[i]);
        char *key = page_key(marker);
        ck_assert_str_eq(key, keys[i]);
        ck_assert_str_ne(marker, keys[i]);
        free(marker);
        free(key);
    }
}
END_TEST

START_TEST(a_marker_of_somebody_else_is_refused)
{
    static const char *const markers[] = { "", "x", "!!!!", "YWJj", "MTo", "1:a", "Mjph" };
    for (size_t i = 0; i < COUNT_OF(markers); i++)
        ck_assert_msg(!page_key(markers[i]), "'%s'", markers[i]);
    char *with_nul = base64_encode(TEXT("1:a\0b"));
    ck_assert_ptr_null(page_key(with_nul));
    free(with_nul);
}
END_TEST

SUITE("page", a_marker_gives_its_key_back, a_marker_of_somebody_else_is_refused)
