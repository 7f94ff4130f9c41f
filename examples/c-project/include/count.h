#ifndef COUNT_H
#define COUNT_H
#include <stddef.h>

/* Number of words in a text: runs of characters that are no white space. */
size_t count_words(const char *text);

#endif
