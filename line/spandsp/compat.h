// What differs between libspandsp 0.0.6 (Debian), which is of 2011, and 3.x (the
// maintained fork). They have no version number for the preprocessor but the date.
#ifndef FAXGATE_COMPAT_H
#define FAXGATE_COMPAT_H

#include <stdbool.h>

#include <spandsp.h>
#include <spandsp/version.h>

#if SPANDSP_RELEASE_DATE > 20120000 // 3.x

#define FG_LIBRARY "libspandsp 3"
#define FG_T30_ARGUMENT // callbacks get the user's pointer alone
#define FG_DIRECTION bool

// fg_set_capabilities allows what package page can hold: no resolutions but T.4's own
// and their neighbours in inches.
static inline void fg_set_capabilities(t30_state_t *t30) {
	t30_set_supported_compressions(t30, T4_COMPRESSION_T4_1D | T4_COMPRESSION_T4_2D | T4_COMPRESSION_T6);
	t30_set_supported_output_compressions(t30, T4_COMPRESSION_T6);
	t30_set_supported_bilevel_resolutions(
	    t30, T4_RESOLUTION_R8_STANDARD | T4_RESOLUTION_R8_FINE | T4_RESOLUTION_R8_SUPERFINE | T4_RESOLUTION_200_100 |
	             T4_RESOLUTION_200_200 | T4_RESOLUTION_200_400);
	t30_set_supported_image_sizes(t30, T4_SUPPORT_WIDTH_215MM | T4_SUPPORT_WIDTH_255MM | T4_SUPPORT_WIDTH_303MM |
	                                       T4_SUPPORT_LENGTH_US_LETTER | T4_SUPPORT_LENGTH_US_LEGAL |
	                                       T4_SUPPORT_LENGTH_UNLIMITED);
}

#else // 0.0.6

#define FG_LIBRARY "libspandsp 0.0.6"
#define FG_T30_ARGUMENT t30_state_t *t30,
#define FG_DIRECTION int

static inline void fg_set_capabilities(t30_state_t *t30) {
	t30_set_supported_compressions(t30, T30_SUPPORT_T4_1D_COMPRESSION | T30_SUPPORT_T4_2D_COMPRESSION |
	                                        T30_SUPPORT_T6_COMPRESSION);
	t30_set_rx_encoding(t30, T4_COMPRESSION_ITU_T6);
	t30_set_supported_resolutions(t30, T30_SUPPORT_STANDARD_RESOLUTION | T30_SUPPORT_FINE_RESOLUTION |
	                                       T30_SUPPORT_SUPERFINE_RESOLUTION | T30_SUPPORT_R8_RESOLUTION);
	t30_set_supported_image_sizes(t30, T30_SUPPORT_215MM_WIDTH | T30_SUPPORT_255MM_WIDTH | T30_SUPPORT_303MM_WIDTH |
	                                       T30_SUPPORT_US_LETTER_LENGTH | T30_SUPPORT_US_LEGAL_LENGTH |
	                                       T30_SUPPORT_UNLIMITED_LENGTH);
}

#endif

#endif
