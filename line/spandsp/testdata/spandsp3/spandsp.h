// What the binding uses of libspandsp 3.x, declared as its headers of 2020 do. Nothing
// links against this: a test compiles the binding with it, where 3.x is not installed.
#ifndef FAXGATE_SPANDSP3_H
#define FAXGATE_SPANDSP3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct t30_state_s t30_state_t;
typedef struct fax_state_s fax_state_t;
typedef struct t38_core_state_s t38_core_state_t;
typedef struct t38_terminal_state_s t38_terminal_state_t;

// Callbacks lose the T.30 state, and are types of pointers.
typedef int (*t30_phase_b_handler_t)(void *user_data, int result);
typedef int (*t30_phase_d_handler_t)(void *user_data, int result);
typedef void (*t30_phase_e_handler_t)(void *user_data, int completion_code);
typedef void (*t30_real_time_frame_handler_t)(void *user_data, bool direction, const uint8_t msg[], int len);
typedef int (*t38_tx_packet_handler_t)(t38_core_state_t *s, void *user_data, const uint8_t *buf, int len, int count);

typedef struct {
	int bit_rate;
	int error_correcting_mode;
	int pages_tx;
	int pages_rx;
	int pages_in_file;
	int image_type;
	int image_x_resolution;
	int image_y_resolution;
	int image_width;
	int image_length;
	int type;
	int x_resolution;
	int y_resolution;
	int width;
	int length;
	int image_size;
	int compression;
	int bad_rows;
	int longest_bad_row_run;
	int error_correcting_mode_retries;
	int current_status;
	int rtp_events;
	int rtn_events;
} t30_stats_t;

enum { T30_ERR_OK };
enum { T30_SUPPORT_V27TER = 1, T30_SUPPORT_V29 = 2, T30_SUPPORT_V17 = 4 };
enum { T38_DATA_RATE_MANAGEMENT_TRANSFERRED_TCF = 2 };

// The facsimile control fields (T.30 5.3.6.1), and that of T.30 Annex A.
enum {
	T4_FCD = 0x06,
	T4_RCP = 0x86,
	T30_EOP = 0x2E,
	T30_PRI_EOP = 0x3E,
	T30_CFR = 0x84,
	T30_MCF = 0x8C,
	T30_RTP = 0xCC,
};

// Bits of what is supported; their values do not matter here.
enum {
	T4_COMPRESSION_T4_1D = 1 << 1,
	T4_COMPRESSION_T4_2D = 1 << 2,
	T4_COMPRESSION_T6 = 1 << 3,
	T4_RESOLUTION_R8_STANDARD = 1 << 0,
	T4_RESOLUTION_R8_FINE = 1 << 1,
	T4_RESOLUTION_R8_SUPERFINE = 1 << 2,
	T4_RESOLUTION_200_100 = 1 << 4,
	T4_RESOLUTION_200_200 = 1 << 5,
	T4_RESOLUTION_200_400 = 1 << 6,
	T4_SUPPORT_WIDTH_215MM = 1 << 0,
	T4_SUPPORT_WIDTH_255MM = 1 << 1,
	T4_SUPPORT_WIDTH_303MM = 1 << 2,
	T4_SUPPORT_LENGTH_UNLIMITED = 1 << 16,
	T4_SUPPORT_LENGTH_US_LETTER = 1 << 19,
	T4_SUPPORT_LENGTH_US_LEGAL = 1 << 20,
};

int t30_set_ecm_capability(t30_state_t *s, bool enabled);
int t30_set_supported_modems(t30_state_t *s, int supported_modems);
int t30_set_supported_compressions(t30_state_t *s, int supported_compressions);
int t30_set_supported_output_compressions(t30_state_t *s, int supported_compressions);
int t30_set_supported_bilevel_resolutions(t30_state_t *s, int supported_resolutions);
int t30_set_supported_image_sizes(t30_state_t *s, int supported_image_sizes);
int t30_set_tx_ident(t30_state_t *s, const char *id);
const char *t30_get_rx_ident(t30_state_t *s);
void t30_set_tx_file(t30_state_t *s, const char *file, int start_page, int stop_page);
void t30_set_rx_file(t30_state_t *s, const char *file, int stop_page);
void t30_set_phase_b_handler(t30_state_t *s, t30_phase_b_handler_t handler, void *user_data);
void t30_set_phase_d_handler(t30_state_t *s, t30_phase_d_handler_t handler, void *user_data);
void t30_set_phase_e_handler(t30_state_t *s, t30_phase_e_handler_t handler, void *user_data);
void t30_set_real_time_frame_handler(t30_state_t *s, t30_real_time_frame_handler_t handler, void *user_data);
void t30_get_transfer_statistics(t30_state_t *s, t30_stats_t *t);
void t30_hdlc_accept(void *user_data, const uint8_t msg[], int len, int ok);
void t30_terminate(t30_state_t *s);

t38_terminal_state_t *t38_terminal_init(t38_terminal_state_t *s, bool calling_party,
                                        t38_tx_packet_handler_t tx_packet_handler, void *tx_packet_user_data);
t30_state_t *t38_terminal_get_t30_state(t38_terminal_state_t *s);
t38_core_state_t *t38_terminal_get_t38_core_state(t38_terminal_state_t *s);
int t38_terminal_send_timeout(t38_terminal_state_t *s, int samples);
int t38_terminal_free(t38_terminal_state_t *s);
int t38_core_rx_ifp_packet(t38_core_state_t *s, const uint8_t *buf, int len, uint16_t seq_no);
void t38_set_t38_version(t38_core_state_t *s, int t38_version);
void t38_set_data_rate_management_method(t38_core_state_t *s, int method);

fax_state_t *fax_init(fax_state_t *s, bool calling_party);
t30_state_t *fax_get_t30_state(fax_state_t *s);
void fax_set_transmit_on_idle(fax_state_t *s, int transmit_on_idle);
int fax_rx(fax_state_t *s, int16_t *amp, int len);
int fax_rx_fillin(fax_state_t *s, int len);
int fax_tx(fax_state_t *s, int16_t *amp, int max_len);
int fax_free(fax_state_t *s);

uint8_t linear_to_ulaw(int linear);
int16_t ulaw_to_linear(uint8_t ulaw);
uint8_t linear_to_alaw(int linear);
int16_t alaw_to_linear(uint8_t alaw);

#endif
