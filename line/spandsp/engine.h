// One T.30 terminal over T.38 or G.711, with libspandsp's callbacks turned into
// values that are fetched after each step. Nothing in here calls Go.
#ifndef FAXGATE_ENGINE_H
#define FAXGATE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FG_MAX_IFP = 1024, FG_QUEUE = 64, FG_IDENT = 21, FG_STEP = 160 };

// What is kept of a frame of T.30, and how many of them of a step. One packet of T.38 can
// bring more only if somebody means harm.
enum { FG_MAX_FRAME = 64, FG_FRAMES = 16 };

enum { FG_T38, FG_ULAW, FG_ALAW };

typedef struct {
	bool sender;
	int transport;     // FG_T38 …
	const char *file;  // sender: the TIFF to send; receiver: the TIFF to write
	const char *ident; // "": none
	bool ecm;
	int max_rate; // bit/s: 4800, 9600 or 14400
} fg_call;

typedef struct {
	uint16_t seq;
	int count;
	int len;
	uint8_t data[FG_MAX_IFP];
} fg_packet;

typedef struct {
	int width, length, x_dpm, y_dpm, bad_rows, longest_bad, octets;
} fg_page;

typedef struct {
	bool sent;
	int image; // frames of a page (FCD) that went the same way since the one before
	int len;   // of data; what is longer is cut off
	uint8_t data[FG_MAX_FRAME];
} fg_frame;

typedef struct {
	bool active;    // T.30 has not ended
	int completion; // T30_ERR_*, when it has
	int trained;    // how often the machines agreed on what follows (CFR)
	int rate;       // bit/s
	bool ecm;
	int total;        // pages in the sender's file, 0: not known
	bool last_is_eop; // the command behind the last confirmed page was EOP
	bool unreadable;  // a received page could not be read back
	bool overflow;    // more packets at once than the queue takes
	char ident[FG_IDENT];
} fg_facts;

typedef struct fg_engine fg_engine;

// fg_new copies what call points to. NULL: the library refused.
fg_engine *fg_new(const fg_call *call);

// fg_packet_in hands over an IFP packet that arrived.
void fg_packet_in(fg_engine *e, const uint8_t *ifp, int len, uint16_t seq);

// fg_tick lets that many 1/8000 s pass on T.38.
void fg_tick(fg_engine *e, int samples);

// fg_audio is one step of FG_STEP samples of G.711: in holds the first len that
// arrived (the rest is missing), out gets FG_STEP.
void fg_audio(fg_engine *e, const uint8_t *in, int len, uint8_t *out);

// fg_next_packet, fg_next_frame and fg_next_page take one from their queue. NULL: there is none.
// It is valid until the engine is used again.
const fg_packet *fg_next_packet(fg_engine *e);
const fg_frame *fg_next_frame(fg_engine *e);
const fg_page *fg_next_page(fg_engine *e);

void fg_facts_of(fg_engine *e, fg_facts *facts);

// fg_hang_up ends T.30 at once and closes the file.
void fg_hang_up(fg_engine *e);

void fg_free(fg_engine *e);

const char *fg_version(void);

#endif
