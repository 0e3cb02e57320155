#include <stddef.h>
#include <stdint.h>

/// Runs libFuzzer with a program's arguments; it comes with -sanitize=fuzzer. SwiftPM gives an executable's main
/// function a name of its own, so that libFuzzer's own main cannot be used.
int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*run)(const uint8_t *bytes, size_t count));
