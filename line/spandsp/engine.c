//go:build spandsp && cgo

#include "engine.h"

#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

#include "compat.h"

// More pages than one step can confirm.
enum { PAGES = 4 };

struct fg_engine {
	bool sender;
	int transport;
	char file[64];
	t38_terminal_state_t *t38;
	t38_core_state_t *core;
	fax_state_t *fax;
	t30_state_t *t30;
	uint16_t seq;

	fg_packet packets[FG_QUEUE];
	int packets_in, packets_out;
	fg_frame frames[FG_FRAMES];
	int frames_in, frames_out;
	int image[2]; // FCD frames since the last of frames: received, sent
	fg_page pages[PAGES];
	int pages_in, pages_out;
	int verified; // pages of the file that were read back
	bool command_is_eop;
	bool ended;
	fg_facts facts;
};

static int on_packet(t38_core_state_t *core, void *user, const uint8_t *buf, int len, int count) {
	fg_engine *e = user;
	(void)core;
	if (e->packets_in == FG_QUEUE || len < 1 || len > FG_MAX_IFP) {
		e->facts.overflow = true;
		return -1;
	}
	fg_packet *p = &e->packets[e->packets_in++];
	p->seq = e->seq++;
	p->count = count < 1 ? 1 : count;
	p->len = len;
	memcpy(p->data, buf, (size_t)len);
	return 0;
}

// snapshot takes the numbers that are right only while a page ends (phases D and E).
static void snapshot(fg_engine *e, fg_page *page) {
	t30_stats_t s;
	t30_get_transfer_statistics(e->t30, &s);
	e->facts.rate = s.bit_rate;
	e->facts.ecm = s.error_correcting_mode != 0;
	e->facts.total = e->sender && s.pages_in_file > 0 ? s.pages_in_file : 0;
	*page = (fg_page){
	    .width = s.width,
	    .length = s.length,
	    .x_dpm = s.x_resolution,
	    .y_dpm = s.y_resolution,
	    .octets = s.image_size,
	};
	if (!e->sender && !e->facts.ecm) {
		page->bad_rows = s.bad_rows;
		page->longest_bad = s.longest_bad_row_run;
	}
}

static int on_phase_b(FG_T30_ARGUMENT void *user, int result) {
	fg_engine *e = user;
	const char *ident = t30_get_rx_ident(e->t30);
	(void)result;
	if (ident != NULL) {
		strncpy(e->facts.ident, ident, FG_IDENT - 1);
	}
	return T30_ERR_OK;
}

// on_phase_d hears of the end of each page: a sender of the reply, a receiver of the
// command. Whether a receiver then keeps the page is seen in verify.
static int on_phase_d(FG_T30_ARGUMENT void *user, int result) {
	fg_engine *e = user;
	fg_page page;
	snapshot(e, &page);
	if (e->sender && result != T30_MCF && result != T30_RTP) {
		return T30_ERR_OK;
	}
	e->command_is_eop = result == T30_EOP || result == T30_PRI_EOP;
	if (e->pages_in < PAGES) {
		e->pages[e->pages_in++] = page;
	}
	return T30_ERR_OK;
}

static void on_phase_e(FG_T30_ARGUMENT void *user, int completion) {
	fg_engine *e = user;
	fg_page ignored;
	snapshot(e, &ignored);
	e->facts.completion = completion;
	e->ended = true;
}

// note keeps a frame. Those of a page are counted only (FCD; RCP says that a block of
// them ends, A.3.5.2), and those that are too many are not kept.
static void note(fg_engine *e, bool sent, const uint8_t msg[], int len) {
	if (len > 2 && (msg[2] == T4_FCD || msg[2] == T4_RCP)) {
		e->image[sent] += msg[2] == T4_FCD;
		return;
	}
	if (len < 1 || e->frames_in == FG_FRAMES) {
		return;
	}
	fg_frame *f = &e->frames[e->frames_in++];
	f->sent = sent;
	f->image = e->image[sent];
	f->len = len < FG_MAX_FRAME ? len : FG_MAX_FRAME;
	memcpy(f->data, msg, (size_t)f->len);
	e->image[sent] = 0;
}

// on_frame hears of every frame of T.30, either way. With CFR (T.30 5.3.6.1.4) the
// machines have agreed: what was negotiated is what the page will be sent with.
static void on_frame(FG_T30_ARGUMENT void *user, FG_DIRECTION incoming, const uint8_t msg[], int len) {
	fg_engine *e = user;
	note(e, incoming == 0, msg, len);
	if (len < 3 || (msg[2] & 0xFE) != T30_CFR || (incoming != 0) != e->sender) {
		return;
	}
	fg_page ignored;
	snapshot(e, &ignored);
	e->facts.trained++;
}

// quiet swallows what libtiff has to say about foreign files.
static void quiet(const char *module, const char *format, va_list arguments) {
	(void)module;
	(void)format;
	(void)arguments;
}

static int modems(int max_rate) {
	int supported = T30_SUPPORT_V27TER;
	if (max_rate > 4800) {
		supported |= T30_SUPPORT_V29;
	}
	if (max_rate > 9600) {
		supported |= T30_SUPPORT_V17;
	}
	return supported;
}

static void configure(fg_engine *e, const fg_call *call) {
	t30_set_tx_ident(e->t30, call->ident);
	t30_set_ecm_capability(e->t30, call->ecm);
	t30_set_supported_modems(e->t30, modems(call->max_rate));
	fg_set_capabilities(e->t30);
	t30_set_phase_b_handler(e->t30, on_phase_b, e);
	t30_set_phase_d_handler(e->t30, on_phase_d, e);
	t30_set_phase_e_handler(e->t30, on_phase_e, e);
	t30_set_real_time_frame_handler(e->t30, on_frame, e);
	if (call->sender) {
		t30_set_tx_file(e->t30, e->file, -1, -1);
	} else {
		t30_set_rx_file(e->t30, e->file, -1);
	}
}

static bool open_t38(fg_engine *e, const fg_call *call) {
	e->t38 = t38_terminal_init(NULL, call->sender, on_packet, e);
	if (e->t38 == NULL) {
		return false;
	}
	e->core = t38_terminal_get_t38_core_state(e->t38);
	t38_set_t38_version(e->core, 0);
	t38_set_data_rate_management_method(e->core, T38_DATA_RATE_MANAGEMENT_TRANSFERRED_TCF);
	e->t30 = t38_terminal_get_t30_state(e->t38);
	return true;
}

static bool open_audio(fg_engine *e, const fg_call *call) {
	e->fax = fax_init(NULL, call->sender);
	if (e->fax == NULL) {
		return false;
	}
	fax_set_transmit_on_idle(e->fax, true);
	e->t30 = fax_get_t30_state(e->fax);
	return true;
}

fg_engine *fg_new(const fg_call *call) {
	if (strlen(call->file) >= sizeof ((fg_engine *)0)->file) {
		return NULL;
	}
	fg_engine *e = calloc(1, sizeof *e);
	if (e == NULL) {
		return NULL;
	}
	TIFFSetErrorHandler(quiet);
	TIFFSetWarningHandler(quiet);
	e->sender = call->sender;
	e->transport = call->transport;
	strcpy(e->file, call->file);
	if (!(call->transport == FG_T38 ? open_t38(e, call) : open_audio(e, call))) {
		free(e);
		return NULL;
	}
	configure(e, call);
	return e;
}

// readable decodes one page of the file, which the library has just written.
static bool readable(const char *file, int page) {
	TIFF *tiff = TIFFOpen(file, "r");
	if (tiff == NULL) {
		return false;
	}
	uint32_t rows = 0;
	bool ok = TIFFSetDirectory(tiff, (tdir_t)page) && TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &rows) && rows > 0;
	uint8_t *row = ok ? malloc((size_t)TIFFScanlineSize(tiff)) : NULL;
	ok = row != NULL;
	for (uint32_t i = 0; ok && i < rows; i++) {
		ok = TIFFReadScanline(tiff, row, i, 0) == 1;
	}
	free(row);
	TIFFClose(tiff);
	return ok;
}

// unsay forgets the frames that this step would have sent.
static void unsay(fg_engine *e) {
	int kept = 0;
	for (int i = 0; i < e->frames_in; i++) {
		if (!e->frames[i].sent) {
			e->frames[kept++] = e->frames[i];
		}
	}
	e->frames_in = kept;
}

// verify reads back the pages that have just been received. The reply to them is made
// but not yet sent: when a page cannot be read (a full disk, say), T.30 ends here, and
// the sender never hears that it had arrived.
static void verify(fg_engine *e) {
	if (e->sender || e->pages_in == 0) {
		return;
	}
	t30_stats_t s;
	t30_get_transfer_statistics(e->t30, &s);
	int kept = s.pages_rx - e->verified; // none after RTN: the page is sent again
	if (e->pages_in > kept) {
		e->pages_in = kept > 0 ? kept : 0;
	}
	for (int i = 0; i < e->pages_in; i++, e->verified++) {
		if (!readable(e->file, e->verified)) {
			e->pages_in = i;
			e->packets_in = 0;
			unsay(e);
			e->facts.unreadable = true;
			fg_hang_up(e);
			return;
		}
	}
	e->facts.last_is_eop = e->pages_in > 0 && e->command_is_eop;
}

// step_begins forgets what was fetched of the step before.
static void step_begins(fg_engine *e) {
	e->packets_in = e->packets_out = e->frames_in = e->frames_out = e->pages_in = e->pages_out = 0;
}

void fg_packet_in(fg_engine *e, const uint8_t *ifp, int len, uint16_t seq) {
	step_begins(e);
	t38_core_rx_ifp_packet(e->core, ifp, len, seq);
	verify(e);
}

void fg_tick(fg_engine *e, int samples) {
	step_begins(e);
	t38_terminal_send_timeout(e->t38, samples);
	verify(e);
}

void fg_audio(fg_engine *e, const uint8_t *in, int len, uint8_t *out) {
	int16_t heard[FG_STEP], said[FG_STEP];
	bool alaw = e->transport == FG_ALAW;
	step_begins(e);
	for (int i = 0; i < len; i++) {
		heard[i] = alaw ? alaw_to_linear(in[i]) : ulaw_to_linear(in[i]);
	}
	if (len > 0) {
		fax_rx(e->fax, heard, len);
	}
	if (len < FG_STEP) {
		fax_rx_fillin(e->fax, FG_STEP - len);
	}
	verify(e);
	int n = e->facts.unreadable ? 0 : fax_tx(e->fax, said, FG_STEP);
	for (int i = 0; i < FG_STEP; i++) {
		int16_t s = i < n ? said[i] : 0;
		out[i] = alaw ? linear_to_alaw(s) : linear_to_ulaw(s);
	}
}

const fg_packet *fg_next_packet(fg_engine *e) {
	return e->packets_out < e->packets_in ? &e->packets[e->packets_out++] : NULL;
}

const fg_frame *fg_next_frame(fg_engine *e) {
	return e->frames_out < e->frames_in ? &e->frames[e->frames_out++] : NULL;
}

const fg_page *fg_next_page(fg_engine *e) {
	return e->pages_out < e->pages_in ? &e->pages[e->pages_out++] : NULL;
}

void fg_facts_of(fg_engine *e, fg_facts *facts) {
	e->facts.active = !e->ended;
	*facts = e->facts;
}

void fg_hang_up(fg_engine *e) { t30_terminate(e->t30); }

void fg_free(fg_engine *e) {
	if (e->t38 != NULL) {
		t38_terminal_free(e->t38);
	}
	if (e->fax != NULL) {
		fax_free(e->fax);
	}
	free(e);
}

const char *fg_version(void) { return FG_LIBRARY; }
