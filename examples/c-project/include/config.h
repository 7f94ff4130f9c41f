#ifndef CONFIG_H
#define CONFIG_H

#define LONGEST_LINE 4096

#endif
