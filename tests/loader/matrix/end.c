// What start-up files would bring, for plugins that are linked without any; linked last.
__attribute__((visibility("hidden"))) void* __dso_handle = &__dso_handle;
__asm__(".section .eh_frame,\"a\",%progbits\n.long 0\n.previous");
