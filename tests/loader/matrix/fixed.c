// Code that has its address written into it.
int number = 5;
int* number_address(void) { return &number; }
