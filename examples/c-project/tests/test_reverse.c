#include <string.h>

#include "check.h"
#include "reverse.h"

void test_reverse(void) {
    char text[] = "abc";
    reverse(text);
    CHECK(strcmp(text, "cba") == 0);
}
