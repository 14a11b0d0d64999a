/* TARGET(name), behind the declaration of a function: calls of it go to the implementation for the system, `target_name`. */
#pragma once
#define TARGET(name) __asm__("target_" #name)
