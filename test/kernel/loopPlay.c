/*
 * loopPlay DEVICE CHANNELS RATE FILE: plays raw S32_LE frames of FILE over and over, until killed.
 * Real-time priority and the file in memory: what it plays has no gap, however busy the program under test is.
 */
#include <alsa/asoundlib.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static int fail(const char *what, int err)
{
	fprintf(stderr, "loopPlay: %s: %s\n", what, snd_strerror(err));
	return 1;
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: loopPlay DEVICE CHANNELS RATE FILE\n");
		return 2;
	}
	int channels = atoi(argv[2]), rate = atoi(argv[3]), err;
	FILE *file = fopen(argv[4], "rb");
	if (!file || fseek(file, 0, SEEK_END)) return perror(argv[4]), 1;
	size_t bytes = ftell(file), frames = bytes / (4 * channels);
	char *samples = malloc(bytes);
	rewind(file);
	if (!frames || !samples || fread(samples, 1, bytes, file) != bytes) return perror(argv[4]), 1;

	struct sched_param priority = { .sched_priority = 50 };
	if (sched_setscheduler(0, SCHED_FIFO, &priority) || mlockall(MCL_CURRENT | MCL_FUTURE)) perror("loopPlay: priority");

	snd_pcm_t *pcm;
	if ((err = snd_pcm_open(&pcm, argv[1], SND_PCM_STREAM_PLAYBACK, 0)) < 0) return fail("open", err);
	/* latency in us: as much buffer as the device has, up to 200 ms */
	err = snd_pcm_set_params(pcm, SND_PCM_FORMAT_S32_LE, SND_PCM_ACCESS_RW_INTERLEAVED, channels, rate, 0, 200000);
	if (err < 0) return fail("parameters", err);
	for (size_t at = 0;;) {
		snd_pcm_sframes_t n = snd_pcm_writei(pcm, samples + at * 4 * channels, frames - at > 480 ? 480 : frames - at);
		if (n == -EPIPE) {
			fprintf(stderr, "loopPlay: underrun\n");
			if ((err = snd_pcm_prepare(pcm)) < 0) return fail("prepare", err);
			continue;
		}
		if (n < 0) return fail("write", n);
		at += n;
		if (at == frames) at = 0;
	}
}
