#ifndef REVERSE_H
#define REVERSE_H

/* Reverse a text in place. */
void reverse(char *text);

#endif
