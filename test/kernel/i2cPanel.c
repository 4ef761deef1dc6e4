/* i2cPanel: a /dev/i2c-N in user space (CUSE) with an SSD1306/SH1106 OLED on it.
 *
 *   i2cPanel [--bus 7] [--addr 0x3c] [--dir .] [--sh1106] [--height 64] [--khz 0] [--keep]
 *
 * Answers I2C_SLAVE(_FORCE), I2C_FUNCS, I2C_RDWR, I2C_SMBUS, I2C_TIMEOUT, I2C_RETRIES, I2C_TENBIT, I2C_PEC, read()
 * and write(), as i2c-dev over the Pi's i2c-bcm2835 does (EREMOTEIO where no device answers).
 * Writes into --dir, 15 ms after the last transfer (or at once on SIGUSR1):
 *   frame.pbm   what a person in front of the panel sees (all black while the display is off)
 *   state.json  controller state and counters;   frame-NNNNNN.pbm with --keep
 * --khz 400 makes a transfer last as long as on a 400 kHz bus (9 bits a byte).
 * Faults: the file `fault` in --dir holds one of   nak | timeout | busy | stall MS | nak-every N  (remove it to heal).
 */
#define FUSE_USE_VERSION 31
#define _GNU_SOURCE
#include <cuse_lowlevel.h>
#include <fuse_opt.h>
#include <errno.h>
#include <linux/i2c.h>
#include <linux/i2c-dev.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *dir = ".";
static int bus = 7, addr = 0x3c, sh1106, height = 64, khz, keep;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t want;
static long long last_ms;
static int dirty;

static struct {
	unsigned char ram[8][132];
	int mode, c0, c1, p0, p1, col, page;
	int on, contrast, invert, allon, start, offset, remap, comrev, mux, pump, clockdiv, precharge, compins, vcom, scroll;
	unsigned char cmd[8]; int ncmd, need;
	long long xfers, cmds, data, unknown, naks, bytes; unsigned frames; int maxlen;
} d;

static long long now_ms(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000LL + t.tv_nsec / 1000000; }

static void reset(void)
{
	memset(&d, 0, sizeof d);
	d.mode = 2; d.c1 = 127; d.p1 = 7; d.contrast = 0x7f; d.mux = 63;
	for (int i = 0; i < 8 * 132; i++) d.ram[i / 132][i % 132] = (unsigned char)(i * 73 ^ i >> 3); /* RAM is random at power-on */
}

static int nargs(unsigned char c)
{
	switch (c) {
	case 0x20: case 0x81: case 0x8d: case 0xa8: case 0xad: case 0xd3: case 0xd5: case 0xd9: case 0xda: case 0xdb: case 0x23: case 0xd6: return 1;
	case 0x21: case 0x22: case 0xa3: return 2;
	case 0x29: case 0x2a: return 5;
	case 0x26: case 0x27: return 6;
	}
	return 0;
}

static void command(void)
{
	unsigned char c = d.cmd[0], a = d.cmd[1], b = d.cmd[2];
	d.cmds++;
	if (c <= 0x0f) d.col = (d.col & 0xf0) | c;
	else if (c <= 0x1f) d.col = (d.col & 0x0f) | (c & 15) << 4;
	else if (c >= 0x40 && c <= 0x7f) d.start = c & 63;
	else if (c >= 0xb0 && c <= 0xb7) d.page = c & 7;
	else switch (c) {
	case 0x20: if (!sh1106) d.mode = a & 3; break;
	case 0x21: if (!sh1106) { d.c0 = d.col = a & 127; d.c1 = b & 127; } break;
	case 0x22: if (!sh1106) { d.p0 = d.page = a & 7; d.p1 = b & 7; } break;
	case 0x81: d.contrast = a; break;
	case 0x8d: d.pump = !!(a & 4); break;
	case 0xad: d.pump = a & 1; break;
	case 0xa0: case 0xa1: d.remap = c & 1; break;
	case 0xa4: case 0xa5: d.allon = c & 1; break;
	case 0xa6: case 0xa7: d.invert = c & 1; break;
	case 0xa8: d.mux = a & 63; break;
	case 0xae: case 0xaf: d.on = c & 1; break;
	case 0xc0: case 0xc8: d.comrev = c == 0xc8; break;
	case 0xd3: d.offset = a & 63; break;
	case 0xd5: d.clockdiv = a; break;
	case 0xd9: d.precharge = a; break;
	case 0xda: d.compins = a; break;
	case 0xdb: d.vcom = a; break;
	case 0x2e: d.scroll = 0; break;
	case 0x2f: d.scroll = 1; break;
	case 0x26: case 0x27: case 0x29: case 0x2a: case 0xa3: case 0xe3: case 0x23: case 0xd6: case 0x30: case 0x31: case 0x32: case 0x33: break;
	default: d.unknown++;
	}
}

static void put(unsigned char v, int isdata)
{
	if (!isdata) {
		if (!d.need) { d.cmd[0] = v; d.ncmd = 1; d.need = nargs(v); }
		else { d.cmd[d.ncmd++] = v; d.need--; }
		if (!d.need) command();
		return;
	}
	d.data++;
	int w = sh1106 ? 132 : 128;
	if (d.col < w) d.ram[d.page & 7][d.col] = v;
	if (sh1106) { if (d.col < w - 1) d.col++; }       /* SH1106: the column stops at the end */
	else if (d.mode == 2) d.col = (d.col + 1) % 128;   /* page mode: wraps in the page */
	else if (d.mode == 1) { if (d.page++ >= d.p1) { d.page = d.p0; if (d.col++ >= d.c1) d.col = d.c0; } }
	else { if (d.col++ >= d.c1) { d.col = d.c0; if (d.page++ >= d.p1) d.page = d.p0; } }
}

static void touch(void) { last_ms = now_ms(); dirty = 1; }

/* one I2C write message as the panel sees it */
static void oled_write(const unsigned char *p, size_t n)
{
	size_t i = 0;
	d.xfers++; d.bytes += n; if ((int)n > d.maxlen) d.maxlen = n;
	while (i < n) {
		unsigned char c = p[i++]; int isdata = c & 0x40;
		if (c & 0x3f) d.unknown++;
		if (c & 0x80) { if (i < n) put(p[i++], isdata); }
		else while (i < n) put(p[i++], isdata);
	}
	touch();
}

static int fault(void)
{
	static long long count; char f[512], s[64] = ""; int n = 0;
	snprintf(f, sizeof f, "%s/fault", dir);
	FILE *h = fopen(f, "r"); if (!h) return 0;
	if (!fgets(s, sizeof s, h)) s[0] = 0;
	fclose(h);
	if (!strncmp(s, "nak-every", 9)) { n = atoi(s + 9); if (n > 0 && ++count % n == 0) { d.naks++; return EREMOTEIO; } return 0; }
	if (!strncmp(s, "nak", 3)) { d.naks++; return EREMOTEIO; }
	if (!strncmp(s, "timeout", 7)) { usleep(1000000); return ETIMEDOUT; }
	if (!strncmp(s, "busy", 4)) return EAGAIN;
	if (!strncmp(s, "stall", 5)) usleep(atoi(s + 5) * 1000);
	return 0;
}
static void wire(size_t n) { if (khz > 0) usleep((n + 1) * 9 * 1000 / khz); }
static int xfer_begin(int a, size_t n) { int e = fault(); if (e) return e; if (a != addr) { wire(0); d.naks++; return EREMOTEIO; } wire(n); return 0; }
static unsigned char status_byte(void) { return d.on ? 0x00 : 0x40; } /* bit 6: display off */

static void dump(int snap)
{
	char f[600], g[600]; int h = height, vis = sh1106 ? 2 : 0;
	unsigned char img[64][16]; memset(img, 0, sizeof img);
	for (int y = 0; y < h; y++) for (int x = 0; x < 128; x++) {
		int cx = d.remap ? x : 127 - x, cy = d.comrev ? y : h - 1 - y, r = (cy + d.start + d.offset) & 63;
		int v = d.ram[r >> 3][cx + vis] >> (r & 7) & 1;
		if (d.allon) v = 1;
		if (d.invert) v = !v;
		if (!d.on) v = 0;
		if (v) img[y][x >> 3] |= 0x80 >> (x & 7);
	}
	snprintf(g, sizeof g, "%s/.frame.tmp", dir); snprintf(f, sizeof f, "%s/frame.pbm", dir);
	FILE *o = fopen(g, "w");
	if (o) { /* PBM: 1 is black, a lit pixel is 0 */
		fprintf(o, "P4\n128 %d\n", h);
		for (int y = 0; y < h; y++) for (int x = 0; x < 16; x++) fputc((unsigned char)~img[y][x], o);
		fclose(o);
		if (keep && snap) { char k[600]; snprintf(k, sizeof k, "%s/frame-%06u.pbm", dir, d.frames); unlink(k); if (link(g, k)) perror(k); }
		rename(g, f); }
	snprintf(g, sizeof g, "%s/.state.tmp", dir); snprintf(f, sizeof f, "%s/state.json", dir);
	if ((o = fopen(g, "w"))) {
		fprintf(o, "{\"on\":%d,\"contrast\":%d,\"invert\":%d,\"allon\":%d,\"mode\":%d,\"start\":%d,\"offset\":%d,\"remap\":%d,\"comrev\":%d,\"mux\":%d,\"pump\":%d,"
			"\"compins\":%d,\"frames\":%u,\"transfers\":%lld,\"commands\":%lld,\"data\":%lld,\"bytes\":%lld,\"longest\":%d,\"unknown\":%lld,\"naks\":%lld}\n",
			d.on, d.contrast, d.invert, d.allon, d.mode, d.start, d.offset, d.remap, d.comrev, d.mux, d.pump, d.compins, d.frames, d.xfers, d.cmds, d.data, d.bytes, d.maxlen, d.unknown, d.naks);
		fclose(o); rename(g, f); }
}

static void *writer(void *x)
{
	(void)x;
	for (;;) {
		usleep(5000);
		pthread_mutex_lock(&lock);
		int quiet = dirty && now_ms() - last_ms >= 15;
		if (quiet || want) { want = 0; if (quiet) { dirty = 0; d.frames++; } dump(quiet); }
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}
static void on_usr1(int s) { (void)s; want = 1; }

/* per-open state */
struct cl { int addr; };
static void op_open(fuse_req_t r, struct fuse_file_info *fi) { struct cl *c = calloc(1, sizeof *c); fi->fh = (uintptr_t)c; fi->direct_io = 1; fuse_reply_open(r, fi); }
static void op_release(fuse_req_t r, struct fuse_file_info *fi) { free((void *)(uintptr_t)fi->fh); fuse_reply_err(r, 0); }

static void op_write(fuse_req_t r, const char *b, size_t n, off_t off, struct fuse_file_info *fi)
{
	struct cl *c = (void *)(uintptr_t)fi->fh; int e; (void)off;
	if (n > 8192) n = 8192; /* as i2c-dev */
	pthread_mutex_lock(&lock);
	if (!(e = xfer_begin(c->addr, n))) oled_write((const unsigned char *)b, n);
	pthread_mutex_unlock(&lock);
	if (e) fuse_reply_err(r, e); else fuse_reply_write(r, n);
}

static void op_read(fuse_req_t r, size_t n, off_t off, struct fuse_file_info *fi)
{
	struct cl *c = (void *)(uintptr_t)fi->fh; char b[8192]; int e; (void)off;
	if (n > sizeof b) n = sizeof b;
	pthread_mutex_lock(&lock);
	if (!(e = xfer_begin(c->addr, n))) { d.xfers++; memset(b, status_byte(), n); }
	pthread_mutex_unlock(&lock);
	if (e) fuse_reply_err(r, e); else fuse_reply_buf(r, b, n);
}

#define FUNCS (I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL)

static void do_rdwr(fuse_req_t r, void *arg, const char *in, size_t isz, size_t osz)
{
	struct iovec iov[2 + I2C_RDWR_IOCTL_MAX_MSGS], oiov[I2C_RDWR_IOCTL_MAX_MSGS]; int ni = 0, no = 0;
	iov[ni++] = (struct iovec){ arg, sizeof(struct i2c_rdwr_ioctl_data) };
	if (isz < sizeof(struct i2c_rdwr_ioctl_data)) { fuse_reply_ioctl_retry(r, iov, ni, NULL, 0); return; }
	struct i2c_rdwr_ioctl_data q; memcpy(&q, in, sizeof q);
	if (q.nmsgs > I2C_RDWR_IOCTL_MAX_MSGS || !q.nmsgs) { fuse_reply_err(r, EINVAL); return; }
	size_t ml = q.nmsgs * sizeof(struct i2c_msg);
	iov[ni++] = (struct iovec){ q.msgs, ml };
	if (isz < sizeof q + ml) { fuse_reply_ioctl_retry(r, iov, ni, NULL, 0); return; }
	struct i2c_msg m[I2C_RDWR_IOCTL_MAX_MSGS]; memcpy(m, in + sizeof q, ml);
	size_t wl = 0, rl = 0;
	for (unsigned i = 0; i < q.nmsgs; i++) {
		if (m[i].len > 8192) { fuse_reply_err(r, EINVAL); return; }
		if (m[i].flags & I2C_M_RD) { if (m[i].len) { oiov[no++] = (struct iovec){ m[i].buf, m[i].len }; rl += m[i].len; } }
		else if (m[i].len) { iov[ni++] = (struct iovec){ m[i].buf, m[i].len }; wl += m[i].len; }
	}
	if (isz < sizeof q + ml + wl || osz < rl) { fuse_reply_ioctl_retry(r, iov, ni, no ? oiov : NULL, no); return; }
	const unsigned char *p = (const unsigned char *)in + sizeof q + ml; char *out = calloc(1, rl + 1), *o = out; int e = 0;
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < q.nmsgs && !e; i++) {
		if ((e = xfer_begin(m[i].addr, m[i].len))) break;
		if (m[i].flags & I2C_M_RD) { memset(o, status_byte(), m[i].len); o += m[i].len; d.xfers++; }
		else { oled_write(p, m[i].len); p += m[i].len; }
	}
	pthread_mutex_unlock(&lock);
	if (e) fuse_reply_err(r, e); else fuse_reply_ioctl(r, q.nmsgs, rl ? out : NULL, rl);
	free(out);
}

static void do_smbus(fuse_req_t r, struct cl *c, void *arg, const char *in, size_t isz, size_t osz)
{
	struct iovec iov[2], oiov[1]; struct i2c_smbus_ioctl_data q;
	iov[0] = (struct iovec){ arg, sizeof q };
	if (isz < sizeof q) { fuse_reply_ioctl_retry(r, iov, 1, NULL, 0); return; }
	memcpy(&q, in, sizeof q);
	size_t dl = q.size == I2C_SMBUS_BYTE || q.size == I2C_SMBUS_BYTE_DATA ? 1 : q.size == I2C_SMBUS_WORD_DATA || q.size == I2C_SMBUS_PROC_CALL ? 2 : sizeof(union i2c_smbus_data);
	int needin = 0, needout = 0;
	if (q.size == I2C_SMBUS_QUICK) ;
	else if (q.size == I2C_SMBUS_BYTE) needout = q.read_write == I2C_SMBUS_READ;
	else if (!q.data) { fuse_reply_err(r, EINVAL); return; }
	else if (q.read_write == I2C_SMBUS_WRITE) needin = 1;
	else { needout = 1; needin = q.size == I2C_SMBUS_I2C_BLOCK_DATA; }
	iov[1] = oiov[0] = (struct iovec){ q.data, dl };
	if ((needin && isz < sizeof q + dl) || (needout && osz < dl)) { fuse_reply_ioctl_retry(r, iov, 1 + needin, needout ? oiov : NULL, needout); return; }
	union i2c_smbus_data u; memset(&u, 0, sizeof u);
	if (needin) memcpy(&u, in + sizeof q, dl);
	unsigned char b[40]; size_t n = 0; int e = 0, rd = q.read_write == I2C_SMBUS_READ;
	if (q.size != I2C_SMBUS_QUICK && !(q.size == I2C_SMBUS_BYTE && rd)) b[n++] = q.command;
	if (!rd) switch (q.size) {
	case I2C_SMBUS_BYTE_DATA: b[n++] = u.byte; break;
	case I2C_SMBUS_WORD_DATA: b[n++] = u.word & 255; b[n++] = u.word >> 8; break;
	case I2C_SMBUS_BLOCK_DATA: b[n++] = u.block[0]; /* fall through */
	case I2C_SMBUS_I2C_BLOCK_BROKEN: case I2C_SMBUS_I2C_BLOCK_DATA:
		if (u.block[0] > I2C_SMBUS_BLOCK_MAX) { fuse_reply_err(r, EINVAL); return; }
		memcpy(b + n, u.block + 1, u.block[0]); n += u.block[0];
	}
	pthread_mutex_lock(&lock);
	e = xfer_begin(c->addr, n);
	if (!e && n && !rd) oled_write(b, n);
	else if (!e) d.xfers++;
	if (rd) { int k = u.block[0]; memset(&u, status_byte(), sizeof u); if (dl > 2) u.block[0] = k <= 32 ? k : 32; }
	pthread_mutex_unlock(&lock);
	if (e) fuse_reply_err(r, e); else fuse_reply_ioctl(r, 0, needout ? &u : NULL, needout ? dl : 0);
}

static void op_ioctl(fuse_req_t r, int cmd, void *arg, struct fuse_file_info *fi, unsigned flags, const void *in, size_t isz, size_t osz)
{
	struct cl *c = (void *)(uintptr_t)fi->fh; unsigned long f = FUNCS;
	if (flags & FUSE_IOCTL_COMPAT) { fuse_reply_err(r, ENOSYS); return; }
	switch ((unsigned)cmd) {
	case I2C_SLAVE: case I2C_SLAVE_FORCE:
		if ((unsigned long)arg > 0x7f) { fuse_reply_err(r, EINVAL); return; }
		c->addr = (int)(long)arg; fuse_reply_ioctl(r, 0, NULL, 0); return;
	case I2C_TENBIT: case I2C_PEC: case I2C_RETRIES: case I2C_TIMEOUT: fuse_reply_ioctl(r, 0, NULL, 0); return;
	case I2C_FUNCS:
		if (osz < sizeof f) { struct iovec o = { arg, sizeof f }; fuse_reply_ioctl_retry(r, NULL, 0, &o, 1); return; }
		fuse_reply_ioctl(r, 0, &f, sizeof f); return;
	case I2C_RDWR: do_rdwr(r, arg, in, isz, osz); return;
	case I2C_SMBUS: do_smbus(r, c, arg, in, isz, osz); return;
	}
	fuse_reply_err(r, ENOTTY);
}

static void op_init_done(void *u) { pthread_t t; (void)u; pthread_create(&t, NULL, writer, NULL); }

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *a = argv[i], *v = i + 1 < argc ? argv[i + 1] : "";
		if (!strcmp(a, "--bus")) { bus = atoi(v); i++; } else if (!strcmp(a, "--addr")) { addr = strtol(v, 0, 0); i++; }
		else if (!strcmp(a, "--dir")) { dir = v; i++; } else if (!strcmp(a, "--height")) { height = atoi(v) == 32 ? 32 : 64; i++; }
		else if (!strcmp(a, "--khz")) { khz = atoi(v); i++; } else if (!strcmp(a, "--sh1106")) sh1106 = 1; else if (!strcmp(a, "--keep")) keep = 1;
		else { fprintf(stderr, "usage: i2cPanel [--bus N] [--addr A] [--dir D] [--sh1106] [--height 32|64] [--khz K] [--keep]\n"); return 2; }
	}
	mkdir(dir, 0755); dir = realpath(dir, NULL); /* libfuse changes to / */
	if (!dir) { perror("i2cPanel: --dir"); return 1; }
	reset(); signal(SIGUSR1, on_usr1);
	static char name[32]; snprintf(name, sizeof name, "DEVNAME=i2c-%d", bus);
	const char *info[] = { name };
	struct cuse_info ci = { .dev_info_argc = 1, .dev_info_argv = info, .flags = CUSE_UNRESTRICTED_IOCTL };
	static const struct cuse_lowlevel_ops ops = { .open = op_open, .release = op_release, .read = op_read, .write = op_write, .ioctl = op_ioctl, .init_done = op_init_done };
	char *fv[] = { argv[0], "-f", "-s", NULL };
	return cuse_lowlevel_main(3, fv, &ci, &ops, NULL);
}
