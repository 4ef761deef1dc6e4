/*
 * The PCM half: an ioplug that delivers content at a card's own clock.
 *
 * Content frame c arrives at T(c) = t0 + (c - c0) / (rate * (1 + ppm/1e6)), in steps of a granule, each granule late by
 * a one-sided jitter. Time is CLOCK_MONOTONIC_RAW, or a virtual clock that jumps to the next arrival when the program
 * waits; with this library preloaded, clock_gettime tells the virtual clock as MONOTONIC_RAW, so that libasound's status
 * stamps carry it too.
 */
#define _GNU_SOURCE
#include "card.h"
#include <alsa/pcm_external.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static double virtual_now = 1000.0; /* s */
/* A wait of the program lasts no longer: what it waits for, up to 0.25 s, comes before that */
static const double virtual_wait = 0.3;
static int virtual_cards;

int clock_gettime(clockid_t id, struct timespec *ts)
{
	if (id == CLOCK_MONOTONIC_RAW && virtual_cards > 0) {
		double whole = floor(virtual_now);
		ts->tv_sec = (time_t)whole;
		ts->tv_nsec = (long)((virtual_now - whole) * 1e9);
		return 0;
	}
	return (int)syscall(SYS_clock_gettime, id, ts);
}

enum kind { EVENT_XRUN, EVENT_STALL, EVENT_UNPLUG, EVENT_PPM, EVENT_SKIP, EVENT_SUSPEND };
struct event {
	enum kind kind;
	int64_t at; /* content frame */
	double value;
	int done;
};

struct run {
	snd_pcm_ioplug_t io;
	struct card card;
	int lock_fd, timer_fd;
	int event_fd, poll_fd; /* events.txt has grown; timer and events together */
	double rate;
	/* the clock: content frame c0 at t0, from there on at ppm */
	double t0, ppm;
	int64_t c0;
	int world_runs; /* content has started: it goes on by itself through xruns */
	int running;
	int64_t start;     /* content frame at which this run started */
	int64_t delivered; /* by transfer, in this run */
	int64_t position;  /* content frames arrived */
	int events_grew;   /* events.txt was written to since it was read */
	int failed;        /* negative errno of an injected state */
	unsigned avail_min;
	unsigned granule;
	struct event *events;
	unsigned n_events;
	long events_read; /* bytes of events.txt parsed */
	long events_at_open;
	/* content file */
	const uint8_t *map;
	size_t map_bytes;
	const uint8_t *data;
	int64_t file_frames;
	unsigned file_channels, file_bytes;
};

static double now_s(struct run *r)
{
	struct timespec ts;
	if (r->card.is_virtual)
		return virtual_now;
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC_RAW, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static uint32_t hash32(uint32_t h)
{
	h ^= h >> 16;
	h *= 0x85ebca6bu;
	h ^= h >> 13;
	h *= 0xc2b2ae35u;
	h ^= h >> 16;
	return h;
}

static double true_time(struct run *r, int64_t c)
{
	return r->t0 + (double)(c - r->c0) / (r->rate * (1.0 + r->ppm * 1e-6));
}

/* When granule k (content frames up to k * granule) is there: no granule overtakes an earlier one. */
static double arrival(struct run *r, int64_t k)
{
	double t = true_time(r, k * r->granule);
	if (r->card.jitter_s <= 0)
		return t;
	double step = r->granule / r->rate, late = t;
	int64_t back = (int64_t)(r->card.jitter_s / step) + 1;
	for (int64_t j = k - back; j <= k; j++) {
		if (j < 0)
			continue;
		double u = hash32((uint32_t)j * 2654435761u ^ r->card.seed) / 4294967296.0;
		double a = true_time(r, j * r->granule) + u * r->card.jitter_s;
		if (a > late)
			late = a;
	}
	return late;
}

static int by_frame(const void *a, const void *b)
{
	const struct event *x = a, *y = b;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* Lines `KIND at FRAME [VALUE]` or `KIND now [VALUE]`. */
static void read_events(struct run *r)
{
	char path[600], line[256];
	struct stat st;
	snprintf(path, sizeof path, "%s/events.txt", r->card.dir);
	if (stat(path, &st) < 0 || st.st_size <= r->events_read)
		return;
	FILE *f = fopen(path, "re");
	if (!f)
		return;
	fseek(f, r->events_read, SEEK_SET);
	while (fgets(line, sizeof line, f)) {
		size_t len = strlen(line);
		if (line[len - 1] != '\n')
			break; /* half a line: the next time */
		long from = r->events_read;
		r->events_read += (long)len;
		char kind[16];
		long long at = 0;
		double value = 0;
		struct event e = {0};
		if (sscanf(line, "%15s at %lld %lf", kind, &at, &value) >= 2)
			e.at = at;
		else if (sscanf(line, "%15s now %lf", kind, &value) >= 1) {
			if (from < r->events_at_open)
				continue; /* of another life */
			e.at = r->position;
		} else
			continue;
		e.value = value;
		if (!strcmp(kind, "xrun"))
			e.kind = EVENT_XRUN;
		else if (!strcmp(kind, "stall"))
			e.kind = EVENT_STALL;
		else if (!strcmp(kind, "unplug"))
			e.kind = EVENT_UNPLUG;
		else if (!strcmp(kind, "ppm"))
			e.kind = EVENT_PPM;
		else if (!strcmp(kind, "skip"))
			e.kind = EVENT_SKIP;
		else if (!strcmp(kind, "suspend"))
			e.kind = EVENT_SUSPEND;
		else
			continue;
		r->events = realloc(r->events, (r->n_events + 1) * sizeof e);
		r->events[r->n_events++] = e;
		qsort(r->events, r->n_events, sizeof e, by_frame);
	}
	fclose(f);
}

static struct event *next_event(struct run *r)
{
	for (unsigned i = 0; i < r->n_events; i++)
		if (!r->events[i].done)
			return &r->events[i];
	return NULL;
}

/* Moves `position` up to `now`, through the events on the way. */
static void advance(struct run *r)
{
	if (!r->world_runs)
		return;
	if (!r->card.is_virtual && r->events_grew) {
		r->events_grew = 0;
		read_events(r);
	}
	double now = now_s(r);
	for (;;) {
		int64_t k = r->position / r->granule;
		/* near first, then one by one */
		double span = (now - r->t0) * r->rate * (1.0 + r->ppm * 1e-6);
		if (isfinite(span)) {
			int64_t guess = (r->c0 + (int64_t)span) / r->granule - 66 - (int64_t)(r->card.jitter_s * r->rate / r->granule);
			if (guess > k && arrival(r, guess) <= now)
				k = guess;
		}
		while (arrival(r, k + 1) <= now)
			k++;
		int64_t to = k * r->granule;
		struct event *e = next_event(r);
		if (!e || to < e->at) {
			if (to > r->position)
				r->position = to;
			return;
		}
		if (e->at > r->position)
			r->position = e->at;
		e->done = 1;
		switch (e->kind) {
		case EVENT_XRUN:
			r->failed = -EPIPE;
			break;
		case EVENT_SUSPEND:
			r->failed = -ESTRPIPE;
			break;
		case EVENT_UNPLUG:
			r->failed = -ENODEV;
			return;
		case EVENT_PPM: {
			double t = true_time(r, e->at);
			r->t0 = t;
			r->c0 = e->at;
			r->ppm = e->value;
			break;
		}
		case EVENT_STALL: { /* VALUE ms; 0: for ever */
			double t = true_time(r, e->at);
			r->t0 = e->value > 0 ? t + e->value * 1e-3 : INFINITY;
			r->c0 = e->at;
			if (r->t0 > now)
				return;
			break;
		}
		case EVENT_SKIP: /* VALUE frames never come: `arrived` and `content_of` leave them out */
			break;
		}
	}
}

/* Frames of this run that have arrived. A skip under way delivers nothing. */
static int64_t arrived(struct run *r)
{
	int64_t n = r->position - r->start;
	for (unsigned i = 0; i < r->n_events; i++) {
		const struct event *e = &r->events[i];
		if (e->kind == EVENT_SKIP && e->at >= r->start && r->position > e->at)
			n -= r->position - e->at < (int64_t)e->value ? r->position - e->at : (int64_t)e->value;
	}
	return n;
}

static int64_t content_of(struct run *r, int64_t frame_of_run)
{
	int64_t c = r->start + frame_of_run;
	for (unsigned i = 0; i < r->n_events; i++)
		if (r->events[i].kind == EVENT_SKIP && r->events[i].at >= r->start && c >= r->events[i].at)
			c += (int64_t)r->events[i].value;
	return c;
}

static int32_t sample(struct run *r, int64_t c, unsigned ch)
{
	int32_t x = 0;
	switch (r->card.signal) {
	case SIGNAL_SILENCE:
		break;
	case SIGNAL_HASH:
		x = (int32_t)hash32(((uint32_t)c * 64u + ch) ^ r->card.signal_seed);
		break;
	case SIGNAL_COUNT:
		x = (int32_t)(((uint32_t)c + ch * 65536u) << 8);
		break;
	case SIGNAL_FILE: {
		if (!r->file_frames)
			break;
		const uint8_t *p = r->data + ((size_t)(c % r->file_frames) * r->file_channels + ch % r->file_channels) * r->file_bytes;
		uint32_t u = 0;
		for (unsigned b = 0; b < r->file_bytes; b++)
			u |= (uint32_t)p[b] << (8 * (4 - r->file_bytes + b));
		x = (int32_t)u;
		break;
	}
	}
	return r->card.bits < 32 ? (int32_t)((uint32_t)x & ~((1u << (32 - r->card.bits)) - 1)) : x;
}

static int cb_start(snd_pcm_ioplug_t *io)
{
	struct run *r = io->private_data;
	if (r->failed == -ENODEV)
		return -ENODEV;
	if (!r->world_runs) {
		r->rate = io->rate;
		r->granule = r->card.granule ? r->card.granule : io->rate / 1000;
		r->ppm = r->card.ppm;
		r->t0 = now_s(r);
		r->c0 = 0;
		r->position = 0;
		r->world_runs = 1;
		read_events(r);
	}
	advance(r);
	if (r->failed == -EPIPE || r->failed == -ESTRPIPE)
		r->failed = 0;
	r->start = r->position;
	r->delivered = 0;
	r->running = 1;
	return 0;
}

static int cb_stop(snd_pcm_ioplug_t *io)
{
	struct run *r = io->private_data;
	r->running = 0;
	return 0;
}

static int cb_prepare(snd_pcm_ioplug_t *io)
{
	struct run *r = io->private_data;
	r->running = 0;
	return r->failed == -ENODEV ? -ENODEV : 0;
}

static snd_pcm_sframes_t cb_pointer(snd_pcm_ioplug_t *io)
{
	struct run *r = io->private_data;
	if (!r->running)
		return 0;
	if (r->card.is_virtual) /* half to one and a half of it: no look takes as long as the next */
		virtual_now += r->card.ask_s * (0.5 + hash32((uint32_t)(virtual_now * 1e9)) / 4294967296.0);
	advance(r);
	int64_t n = arrived(r);
	if (r->failed == -ENODEV) {
		snd_pcm_ioplug_set_state(io, SND_PCM_STATE_DISCONNECTED);
		return (snd_pcm_sframes_t)n;
	}
	if (r->failed == -ESTRPIPE) {
		snd_pcm_ioplug_set_state(io, SND_PCM_STATE_SUSPENDED);
		return (snd_pcm_sframes_t)n;
	}
	if (r->failed == -EPIPE || n - r->delivered > (int64_t)io->buffer_size)
		return -EPIPE;
	return (snd_pcm_sframes_t)n;
}

static snd_pcm_sframes_t cb_transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset,
				     snd_pcm_uframes_t size)
{
	struct run *r = io->private_data;
	uint8_t *out = (uint8_t *)areas[0].addr + (areas[0].first + areas[0].step * offset) / 8;
	/* A file in the very layout that is asked for: the card runs in the program's own process, and costs as little as DMA */
	if (r->card.signal == SIGNAL_FILE && io->format == SND_PCM_FORMAT_S32_LE && r->file_bytes == 4 && r->card.bits == 32 &&
	    r->file_channels == io->channels && r->file_frames > 0) {
		const size_t frame_bytes = 4 * (size_t)io->channels;
		snd_pcm_uframes_t i = 0;
		while (i < size) {
			int64_t c = content_of(r, r->delivered + (int64_t)i) % r->file_frames;
			snd_pcm_uframes_t n = 1;
			while (i + n < size && c + (int64_t)n < r->file_frames &&
			       content_of(r, r->delivered + (int64_t)(i + n)) % r->file_frames == c + (int64_t)n)
				n++;
			memcpy(out, r->data + (size_t)c * frame_bytes, n * frame_bytes);
			out += n * frame_bytes;
			i += n;
		}
		r->delivered += (int64_t)size;
		return (snd_pcm_sframes_t)size;
	}
	for (snd_pcm_uframes_t i = 0; i < size; i++) {
		int64_t c = content_of(r, r->delivered + (int64_t)i);
		for (unsigned ch = 0; ch < io->channels; ch++) {
			int32_t x = sample(r, c, ch);
			switch (io->format) {
			case SND_PCM_FORMAT_S24_LE:
				x >>= 8;
				/* fall through */
			case SND_PCM_FORMAT_S32_LE:
				memcpy(out, &x, 4);
				out += 4;
				break;
			case SND_PCM_FORMAT_S24_3LE:
				out[0] = (uint8_t)(x >> 8);
				out[1] = (uint8_t)(x >> 16);
				out[2] = (uint8_t)(x >> 24);
				out += 3;
				break;
			default:
				out[0] = (uint8_t)(x >> 16);
				out[1] = (uint8_t)(x >> 24);
				out += 2;
			}
		}
	}
	r->delivered += (int64_t)size;
	return (snd_pcm_sframes_t)size;
}

/* The first granule that makes avail_min frames available. */
static double ready_at(struct run *r)
{
	int64_t need = content_of(r, r->delivered + r->avail_min - 1) + 1;
	return arrival(r, (need + r->granule - 1) / r->granule);
}

static int ready(struct run *r)
{
	return r->failed || arrived(r) - r->delivered >= r->avail_min;
}

static void arm(struct run *r)
{
	double wait = ready(r) ? 0 : ready_at(r) - now_s(r);
	struct itimerspec its = {0};
	if (isfinite(wait)) { /* else the timer is off: only an event can end the wait */
		if (wait < 1e-6)
			wait = 1e-6;
		its.it_value.tv_sec = (time_t)wait;
		its.it_value.tv_nsec = (long)((wait - floor(wait)) * 1e9);
	}
	timerfd_settime(r->timer_fd, 0, &its, NULL);
}

static int cb_poll_descriptors(snd_pcm_ioplug_t *io, struct pollfd *pfd, unsigned space)
{
	struct run *r = io->private_data;
	if (space < 1)
		return 0;
	if (!r->card.is_virtual) {
		advance(r);
		arm(r);
	}
	pfd->fd = r->poll_fd;
	pfd->events = POLLIN;
	return 1;
}

static int cb_poll_revents(snd_pcm_ioplug_t *io, struct pollfd *pfd, unsigned nfds, unsigned short *revents)
{
	struct run *r = io->private_data;
	(void)nfds;
	*revents = 0;
	if (!(pfd->revents & POLLIN))
		return 0;
	if (r->card.is_virtual) {
		/* the descriptor is always ready: time jumps instead, and an empty answer is the reader's to bear */
		advance(r);
		if (!ready(r)) {
			double t = ready_at(r);
			double latest = virtual_now + virtual_wait;
			virtual_now = isfinite(t) && t < latest ? (t > virtual_now ? t : virtual_now) : latest;
			advance(r);
		}
		*revents = POLLIN;
		return 0;
	}
	uint64_t n;
	char junk[1024];
	if (read(r->timer_fd, &n, sizeof n) < 0 && errno != EAGAIN)
		return -errno;
	while (read(r->event_fd, junk, sizeof junk) > 0)
		r->events_grew = 1;
	advance(r);
	if (cb_pointer(io) < 0) /* an error bit is read together with the state */
		snd_pcm_ioplug_set_state(io, SND_PCM_STATE_XRUN);
	if (ready(r))
		*revents = r->failed ? POLLIN | POLLERR : POLLIN;
	else
		arm(r);
	return 0;
}

static int cb_sw_params(snd_pcm_ioplug_t *io, snd_pcm_sw_params_t *params)
{
	struct run *r = io->private_data;
	snd_pcm_uframes_t n = 1;
	snd_pcm_sw_params_get_avail_min(params, &n);
	r->avail_min = n < 1 ? 1 : (unsigned)n;
	return 0;
}

static void close_all(struct run *r)
{
	int fds[] = {r->lock_fd, r->timer_fd, r->event_fd, r->poll_fd};
	for (unsigned i = 0; i < sizeof fds / sizeof *fds; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static int cb_close(snd_pcm_ioplug_t *io)
{
	struct run *r = io->private_data;
	if (r->card.is_virtual)
		virtual_cards--;
	if (r->map)
		munmap((void *)r->map, r->map_bytes);
	close_all(r);
	free(r->events);
	free(r);
	return 0;
}

static const snd_pcm_ioplug_callback_t callbacks = {
	.start = cb_start,
	.stop = cb_stop,
	.prepare = cb_prepare,
	.pointer = cb_pointer,
	.transfer = cb_transfer,
	.sw_params = cb_sw_params,
	.poll_descriptors = cb_poll_descriptors,
	.poll_revents = cb_poll_revents,
	.close = cb_close,
};

static int map_content(struct run *r)
{
	struct stat st;
	int fd = open(r->card.file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || st.st_size < 4) {
		close(fd);
		return -EINVAL;
	}
	r->map_bytes = (size_t)st.st_size;
	r->map = mmap(NULL, r->map_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (r->map == MAP_FAILED) {
		r->map = NULL;
		return -errno;
	}
	if (r->card.file_channels) {
		r->data = r->map;
		r->file_channels = r->card.file_channels;
		r->file_bytes = 4;
		r->file_frames = (int64_t)(r->map_bytes / 4 / r->file_channels);
		return 0;
	}
	uint32_t size;
	for (size_t at = 12; at + 8 <= r->map_bytes; at += 8 + size + (size & 1)) {
		memcpy(&size, r->map + at + 4, 4);
		const uint8_t *body = r->map + at + 8;
		if (!memcmp(r->map + at, "fmt ", 4)) {
			uint16_t v;
			memcpy(&v, body + 2, 2);
			r->file_channels = v;
			memcpy(&v, body + 14, 2);
			r->file_bytes = v / 8u;
		} else if (!memcmp(r->map + at, "data", 4)) {
			if (!r->file_channels || r->file_bytes < 2 || r->file_bytes > 4)
				return -EINVAL;
			if (size > r->map_bytes - at - 8)
				size = (uint32_t)(r->map_bytes - at - 8);
			r->data = body;
			r->file_frames = size / r->file_bytes / r->file_channels;
			return 0;
		}
	}
	return -EINVAL;
}

SND_PCM_PLUGIN_DEFINE_FUNC(lightkeeper_card)
{
	(void)root;
	char dir[512], path[600];
	int err = card_config_dir(conf, "lightkeeper_card", dir, sizeof dir);
	if (err < 0)
		return err;
	struct run *r = calloc(1, sizeof *r);
	if (!r)
		return -ENOMEM;
	r->lock_fd = r->timer_fd = r->event_fd = r->poll_fd = -1;
	if ((err = card_read(&r->card, dir)) < 0)
		goto fail;
	err = -ENOENT;
	if (!r->card.plugged || stream != SND_PCM_STREAM_CAPTURE)
		goto fail;
	err = -EBUSY;
	if (r->card.busy)
		goto fail;
	/* one program at a time, as the hardware has it */
	snprintf(path, sizeof path, "%s/lock", dir);
	r->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (r->lock_fd < 0 || flock(r->lock_fd, LOCK_EX | LOCK_NB) < 0)
		goto fail;
	if (r->card.signal == SIGNAL_FILE && (err = map_content(r)) < 0)
		goto fail;
	r->timer_fd = r->card.is_virtual ? eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)
					 : timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	struct stat st;
	snprintf(path, sizeof path, "%s/events.txt", dir);
	r->events_at_open = stat(path, &st) == 0 ? st.st_size : 0;
	r->event_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	inotify_add_watch(r->event_fd, path, IN_MODIFY);
	r->poll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event in = {.events = EPOLLIN};
	if (epoll_ctl(r->poll_fd, EPOLL_CTL_ADD, r->timer_fd, &in) < 0 ||
	    epoll_ctl(r->poll_fd, EPOLL_CTL_ADD, r->event_fd, &in) < 0) {
		err = -errno;
		goto fail;
	}
	r->avail_min = 1;
	r->io.version = SND_PCM_IOPLUG_VERSION;
	r->io.name = "Lightkeeper test card";
	r->io.flags = SND_PCM_IOPLUG_FLAG_MONOTONIC | SND_PCM_IOPLUG_FLAG_BOUNDARY_WA;
	r->io.poll_fd = r->poll_fd;
	r->io.poll_events = POLLIN;
	r->io.mmap_rw = 0;
	r->io.callback = &callbacks;
	r->io.private_data = r;
	if (r->card.is_virtual)
		virtual_cards++;
	if ((err = snd_pcm_ioplug_create(&r->io, name, stream, mode)) < 0) {
		if (r->card.is_virtual)
			virtual_cards--;
		goto fail;
	}
	static const unsigned access[] = {SND_PCM_ACCESS_RW_INTERLEAVED};
	unsigned most = 0;
	for (unsigned i = 0; i < r->card.n_channels; i++)
		if (r->card.channels[i] > most)
			most = r->card.channels[i];
	if ((err = snd_pcm_ioplug_set_param_list(&r->io, SND_PCM_IOPLUG_HW_ACCESS, 1, access)) < 0 ||
	    (err = snd_pcm_ioplug_set_param_list(&r->io, SND_PCM_IOPLUG_HW_FORMAT, r->card.n_formats, r->card.formats)) < 0 ||
	    (err = snd_pcm_ioplug_set_param_list(&r->io, SND_PCM_IOPLUG_HW_CHANNELS, r->card.n_channels, r->card.channels)) < 0 ||
	    (err = snd_pcm_ioplug_set_param_list(&r->io, SND_PCM_IOPLUG_HW_RATE, r->card.n_rates, r->card.rates)) < 0 ||
	    (err = snd_pcm_ioplug_set_param_minmax(&r->io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, r->card.period_min_frames * 2,
						   r->card.buffer_max_bytes / 2)) < 0 ||
	    (err = snd_pcm_ioplug_set_param_minmax(&r->io, SND_PCM_IOPLUG_HW_BUFFER_BYTES, most * 2 * 32,
						   r->card.buffer_max_bytes)) < 0) {
		snd_pcm_ioplug_delete(&r->io); /* closes, and frees r */
		return err;
	}
	*pcmp = r->io.pcm;
	return 0;
fail:
	if (r->map)
		munmap((void *)r->map, r->map_bytes);
	close_all(r);
	free(r);
	return err;
}
SND_PCM_PLUGIN_SYMBOL(lightkeeper_card);
