#include_next <sys/types.h>
#ifndef makedev /* makedev(3): macros of this header on all of them */
#define major(device) ((int)(((device) >> 8) & 0xff))
#define minor(device) ((int)((device) & 0xffff00ff))
#define makedev(high, low) ((dev_t)(((high) << 8) | (low)))
#endif
