//go:build spandsp && cgo && !unguarded

// libspandsp 0.0.6 copies the data of an FCD frame (T.30 A.3.5.1: address, control,
// FCD, frame number, data) with the length "octets less 4", unsigned: a frame of three
// octets with a good FCS, which any caller can send, is a SIGSEGV. The library calls
// t30_hdlc_accept through its global offset table, so that this definition in the
// executable comes first. It lets through only what can be an FCD frame.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#include "compat.h"

enum { FCD_HEADER = 4, FCD_MAX = FCD_HEADER + 256 };

typedef void accept_fn(void *user_data, const uint8_t msg[], int len, int ok);

void t30_hdlc_accept(void *user_data, const uint8_t msg[], int len, int ok) {
	static accept_fn *original;
	if (original == NULL) {
		original = (accept_fn *)dlsym(RTLD_NEXT, "t30_hdlc_accept");
	}
	if (ok && len > 2 && (msg[2] & 0xFE) == T4_FCD && (len <= FCD_HEADER || len > FCD_MAX)) {
		return;
	}
	original(user_data, msg, len, ok);
}
