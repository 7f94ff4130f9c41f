#include <stdio.h>
#include <string.h>

#include "config.h"
#include "count.h"
#include "reverse.h"

int main(int argc, char **argv) {
    FILE *file = argc > 1 ? fopen(argv[1], "r") : stdin;
    if (!file) {
        perror(argv[1]);
        return 1;
    }
    char line[LONGEST_LINE];
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        size_t words = count_words(line);
        reverse(line);
        printf("%zu %s\n", words, line);
    }
    return fclose(file) ? 1 : 0;
}
