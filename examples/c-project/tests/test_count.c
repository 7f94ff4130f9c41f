#include "check.h"
#include "count.h"

void test_count(void) {
    CHECK(count_words("") == 0);
    CHECK(count_words("one") == 1);
    CHECK(count_words("  two\twords \n") == 2);
}
