#include "check.h"

int failures = 0;

void test_count(void);
void test_reverse(void);

int main(void) {
    test_count();
    test_reverse();
    printf("%s\n", failures ? "FAILED" : "all tests passed");
    return failures != 0;
}
