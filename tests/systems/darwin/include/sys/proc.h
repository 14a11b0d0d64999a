#pragma once
#include <numbers/sys/proc.h>
