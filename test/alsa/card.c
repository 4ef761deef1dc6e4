#include "card.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned numbers(char *text, unsigned *list)
{
	unsigned n = 0;
	for (char *save = NULL, *w = strtok_r(text, " ", &save); w && n < MAX_LIST; w = strtok_r(NULL, " ", &save))
		list[n++] = (unsigned)strtoul(w, NULL, 10);
	return n;
}

static unsigned formats(char *text, unsigned *list)
{
	unsigned n = 0;
	for (char *save = NULL, *w = strtok_r(text, " ", &save); w && n < MAX_LIST; w = strtok_r(NULL, " ", &save)) {
		snd_pcm_format_t f = snd_pcm_format_value(w);
		if (f != SND_PCM_FORMAT_UNKNOWN)
			list[n++] = (unsigned)f;
	}
	return n;
}

int card_read(struct card *card, const char *dir)
{
	char path[600], line[2048];
	memset(card, 0, sizeof *card);
	snprintf(card->dir, sizeof card->dir, "%s", dir);
	snprintf(card->id, sizeof card->id, "Test");
	snprintf(card->driver, sizeof card->driver, "TestCard");
	snprintf(card->name, sizeof card->name, "Test card");
	card->plugged = 1;
	card->bits = 32;
	card->formats[0] = SND_PCM_FORMAT_S32_LE;
	card->n_formats = 1;
	card->rates[0] = 48000;
	card->n_rates = 1;
	card->channels[0] = 2;
	card->n_channels = 1;
	card->buffer_max_bytes = 64 << 20;
	card->period_min_frames = 16;

	snprintf(path, sizeof path, "%s/card.txt", dir);
	FILE *f = fopen(path, "re");
	if (!f)
		return -ENOENT;
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = 0;
		char *value = strchr(line, ' ');
		if (!value)
			continue;
		*value++ = 0;
		if (!strcmp(line, "id"))
			snprintf(card->id, sizeof card->id, "%s", value);
		else if (!strcmp(line, "driver"))
			snprintf(card->driver, sizeof card->driver, "%s", value);
		else if (!strcmp(line, "name"))
			snprintf(card->name, sizeof card->name, "%s", value);
		else if (!strcmp(line, "longname"))
			snprintf(card->longname, sizeof card->longname, "%s", value);
		else if (!strcmp(line, "mixername"))
			snprintf(card->mixername, sizeof card->mixername, "%s", value);
		else if (!strcmp(line, "plugged"))
			card->plugged = !strcmp(value, "yes");
		else if (!strcmp(line, "busy"))
			card->busy = !strcmp(value, "yes");
		else if (!strcmp(line, "virtual"))
			card->is_virtual = !strcmp(value, "yes");
		else if (!strcmp(line, "formats"))
			card->n_formats = formats(value, card->formats);
		else if (!strcmp(line, "rates"))
			card->n_rates = numbers(value, card->rates);
		else if (!strcmp(line, "channels"))
			card->n_channels = numbers(value, card->channels);
		else if (!strcmp(line, "bits"))
			card->bits = (unsigned)atoi(value);
		else if (!strcmp(line, "buffer_max_bytes"))
			card->buffer_max_bytes = (unsigned)strtoul(value, NULL, 10);
		else if (!strcmp(line, "period_min_frames"))
			card->period_min_frames = (unsigned)strtoul(value, NULL, 10);
		else if (!strcmp(line, "ppm"))
			card->ppm = atof(value);
		else if (!strcmp(line, "jitter_us"))
			card->jitter_s = atof(value) * 1e-6;
		else if (!strcmp(line, "ask_us"))
			card->ask_s = atof(value) * 1e-6;
		else if (!strcmp(line, "granule"))
			card->granule = (unsigned)atoi(value);
		else if (!strcmp(line, "seed"))
			card->seed = (uint32_t)strtoul(value, NULL, 10);
		else if (!strcmp(line, "signal")) {
			unsigned seed = 0;
			if (!strncmp(value, "hash", 4)) {
				card->signal = SIGNAL_HASH;
				if (sscanf(value, "hash %u", &seed) == 1)
					card->signal_seed = seed;
			} else if (!strcmp(value, "count"))
				card->signal = SIGNAL_COUNT;
			else
				card->signal = SIGNAL_SILENCE;
		} else if (!strcmp(line, "raw")) { /* raw CHANNELS PATH: S32_LE interleaved */
			char *p = NULL;
			card->signal = SIGNAL_FILE;
			card->file_channels = (unsigned)strtoul(value, &p, 10);
			snprintf(card->file, sizeof card->file, "%s", p && *p ? p + 1 : "");
		} else if (!strcmp(line, "wav")) {
			card->signal = SIGNAL_FILE;
			card->file_channels = 0;
			snprintf(card->file, sizeof card->file, "%s", value);
		}
	}
	fclose(f);
	return 0;
}

int card_config_dir(snd_config_t *conf, const char *type, char *dir, size_t size)
{
	snd_config_iterator_t i, next;
	dir[0] = 0;
	snd_config_for_each(i, next, conf) {
		snd_config_t *n = snd_config_iterator_entry(i);
		const char *id, *text;
		if (snd_config_get_id(n, &id) < 0)
			continue;
		if (!strcmp(id, "dir") && snd_config_get_string(n, &text) >= 0)
			snprintf(dir, size, "%s", text);
	}
	if (!dir[0]) {
		SNDERR("%s: no dir", type);
		return -EINVAL;
	}
	return 0;
}
