/* A sound card without a kernel: what the PCM and the control half share. See README.md beside this file. */
#ifndef LK_TEST_CARD_H
#define LK_TEST_CARD_H

#include <alsa/asoundlib.h>
#include <stdint.h>

#define MAX_LIST 16

enum signal { SIGNAL_SILENCE, SIGNAL_HASH, SIGNAL_COUNT, SIGNAL_FILE };

/* card.txt, read anew at each open */
struct card {
	char dir[512];
	char id[16], driver[16], name[32], longname[80], mixername[80];
	int plugged, busy, is_virtual;
	unsigned formats[MAX_LIST], n_formats;
	unsigned rates[MAX_LIST], n_rates;
	unsigned channels[MAX_LIST], n_channels;
	unsigned buffer_max_bytes, period_min_frames;
	enum signal signal;
	uint32_t signal_seed;
	char file[1024];
	unsigned file_channels; /* of a raw file */
	unsigned bits;          /* valid bits; those below are zero */
	double ppm, jitter_s;
	double ask_s; /* virtual time that a look at the position takes */
	unsigned granule; /* frames that arrive at once; 0: 1 ms */
	uint32_t seed;
};

/* 0, or a negative errno: -ENOENT without the card's directory. */
int card_read(struct card *card, const char *dir);
int card_config_dir(snd_config_t *conf, const char *type, char *dir, size_t size);

#endif
