//go:build spandsp && cgo

// Go marks what it opens as not to be inherited, but not what the server itself was
// started with. Here all of that goes, before Go opens descriptors of its own: what
// remains is the pipe, the log and the document, 0 to 3.

#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>

__attribute__((constructor)) static void close_inherited(void) {
#ifdef SYS_close_range
	if (syscall(SYS_close_range, 4U, ~0U, 0U) == 0) {
		return;
	}
#endif
	for (int fd = 4; fd < 1024; fd++) { // Linux before 5.9
		close(fd);
	}
}
