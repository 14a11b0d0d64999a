/* One random signature and its C side; see generate.py. */
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct test_case {
    const char* text;
    void* function;                             /* checks its arguments, and returns the result */
    int (*caller)(void* function);              /* calls it with the arguments; whether the result is right */
    int (*arguments)(const void* const* them);  /* which is wrong, or -1 */
    const void* const* addresses;               /* of the arguments */
    const size_t* sizes;                        /* of the arguments */
    int (*returned)(const void* result);        /* whether it is right; null if there is none */
    const void* result;
    size_t result_size;
    void (*set)(void); /* gives the values to arguments and result */
};
extern const struct test_case cases[];
extern const size_t case_count;

/* An argument has not arrived. */
void wrong(int function, int argument);

#ifdef __cplusplus
}
#endif
