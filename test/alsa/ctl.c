/*
 * The control half: serves controls.txt, live. One control a line, fields parted by tabs:
 *   iface  device  subdevice  index  name  type  access  count  info  values
 * iface CARD|MIXER|PCM|HWDEP, type BOOLEAN|INTEGER|ENUMERATED|BYTES, access of r w v (v: volatile, changes raise no
 * event), info `min,max,step` or items parted by |, values parted by commas (an item's number for ENUMERATED).
 */
#define _GNU_SOURCE
#include "card.h"
#include <alsa/control_external.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_VALUES 64

struct control {
	snd_ctl_elem_iface_t iface;
	unsigned device, subdevice, index;
	char name[44];
	int type;
	unsigned access, count, n_items;
	long min, max, step;
	char **items;
	long values[MAX_VALUES];
};

struct table {
	struct control *list;
	unsigned n;
};

struct ctl {
	snd_ctl_ext_t ext;
	struct card card;
	struct table now, told; /* what stands in the file; what subscribers know */
	struct timespec mtime;
	ino_t inode;
	int changed;
	unsigned next; /* where the search for a changed control goes on */
};

static void free_table(struct table *t)
{
	for (unsigned i = 0; i < t->n; i++) {
		for (unsigned k = 0; k < t->list[i].n_items; k++)
			free(t->list[i].items[k]);
		free(t->list[i].items);
	}
	free(t->list);
	t->list = NULL;
	t->n = 0;
}

static int parse(struct control *c, char *line)
{
	char *field[10];
	for (int i = 0; i < 10; i++) {
		field[i] = strsep(&line, "\t");
		if (!field[i])
			return -1;
	}
	memset(c, 0, sizeof *c);
	c->iface = !strcmp(field[0], "MIXER")   ? SND_CTL_ELEM_IFACE_MIXER
		   : !strcmp(field[0], "PCM")   ? SND_CTL_ELEM_IFACE_PCM
		   : !strcmp(field[0], "HWDEP") ? SND_CTL_ELEM_IFACE_HWDEP
						: SND_CTL_ELEM_IFACE_CARD;
	c->device = (unsigned)atoi(field[1]);
	c->subdevice = (unsigned)atoi(field[2]);
	c->index = (unsigned)atoi(field[3]);
	snprintf(c->name, sizeof c->name, "%s", field[4]);
	c->type = !strcmp(field[5], "INTEGER")      ? SND_CTL_ELEM_TYPE_INTEGER
		  : !strcmp(field[5], "ENUMERATED") ? SND_CTL_ELEM_TYPE_ENUMERATED
		  : !strcmp(field[5], "BYTES")      ? SND_CTL_ELEM_TYPE_BYTES
						    : SND_CTL_ELEM_TYPE_BOOLEAN;
	if (strchr(field[6], 'r'))
		c->access |= SND_CTL_EXT_ACCESS_READ;
	if (strchr(field[6], 'w'))
		c->access |= SND_CTL_EXT_ACCESS_WRITE;
	if (strchr(field[6], 'v'))
		c->access |= SND_CTL_EXT_ACCESS_VOLATILE;
	c->count = (unsigned)atoi(field[7]);
	if (c->count > MAX_VALUES)
		c->count = MAX_VALUES;
	if (c->type == SND_CTL_ELEM_TYPE_ENUMERATED) {
		char *rest = field[8], *item;
		while ((item = strsep(&rest, "|"))) {
			c->items = realloc(c->items, (c->n_items + 1) * sizeof *c->items);
			c->items[c->n_items++] = strdup(item);
		}
	} else
		sscanf(field[8], "%ld,%ld,%ld", &c->min, &c->max, &c->step);
	char *rest = field[9], *value;
	for (unsigned i = 0; i < MAX_VALUES && (value = strsep(&rest, ",")); i++)
		c->values[i] = atol(value);
	return 0;
}

static void load(struct ctl *x)
{
	char path[600];
	struct stat st;
	snprintf(path, sizeof path, "%s/controls.txt", x->card.dir);
	if (stat(path, &st) < 0)
		return;
	if (st.st_ino == x->inode && st.st_mtim.tv_sec == x->mtime.tv_sec && st.st_mtim.tv_nsec == x->mtime.tv_nsec)
		return;
	FILE *f = fopen(path, "re");
	if (!f)
		return;
	struct table t = {0};
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	while ((len = getline(&line, &size, f)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = 0;
		struct control c;
		if (parse(&c, line) == 0) {
			t.list = realloc(t.list, (t.n + 1) * sizeof c);
			t.list[t.n++] = c;
		}
	}
	free(line);
	fclose(f);
	if (x->told.list != x->now.list)
		free_table(&x->now);
	x->now = t;
	x->inode = st.st_ino;
	x->mtime = st.st_mtim;
	x->changed = 1;
	x->next = 0;
	if (!x->told.list) {
		x->told = t;
		x->changed = 0;
	}
}

static int unplugged(struct ctl *x)
{
	struct card card;
	return card_read(&card, x->card.dir) < 0 || !card.plugged;
}

static int elem_count(snd_ctl_ext_t *ext)
{
	struct ctl *x = ext->private_data;
	load(x);
	return (int)x->now.n;
}

static int elem_list(snd_ctl_ext_t *ext, unsigned offset, snd_ctl_elem_id_t *id)
{
	struct ctl *x = ext->private_data;
	if (offset >= x->now.n)
		return -EINVAL;
	struct control *c = &x->now.list[offset];
	snd_ctl_elem_id_set_interface(id, c->iface);
	snd_ctl_elem_id_set_device(id, c->device);
	snd_ctl_elem_id_set_subdevice(id, c->subdevice);
	snd_ctl_elem_id_set_index(id, c->index);
	snd_ctl_elem_id_set_name(id, c->name);
	return 0;
}

static snd_ctl_ext_key_t find_elem(snd_ctl_ext_t *ext, const snd_ctl_elem_id_t *id)
{
	struct ctl *x = ext->private_data;
	unsigned numid = snd_ctl_elem_id_get_numid(id);
	load(x);
	if (numid > 0 && numid <= x->now.n)
		return numid - 1;
	for (unsigned i = 0; i < x->now.n; i++) {
		struct control *c = &x->now.list[i];
		if (c->iface == snd_ctl_elem_id_get_interface(id) && c->index == snd_ctl_elem_id_get_index(id) &&
		    c->device == snd_ctl_elem_id_get_device(id) && !strcmp(c->name, snd_ctl_elem_id_get_name(id)))
			return i;
	}
	return SND_CTL_EXT_KEY_NOT_FOUND;
}

static struct control *at(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key)
{
	struct ctl *x = ext->private_data;
	return key < x->now.n ? &x->now.list[key] : NULL;
}

static int get_attribute(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, int *type, unsigned *acc, unsigned *count)
{
	struct control *c = at(ext, key);
	if (!c)
		return -ENOENT;
	*type = c->type;
	*acc = c->access;
	*count = c->count;
	return 0;
}

static int get_integer_info(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, long *imin, long *imax, long *istep)
{
	struct control *c = at(ext, key);
	if (!c)
		return -ENOENT;
	*imin = c->min;
	*imax = c->max;
	*istep = c->step;
	return 0;
}

static int get_enumerated_info(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, unsigned *items)
{
	struct control *c = at(ext, key);
	if (!c)
		return -ENOENT;
	*items = c->n_items;
	return 0;
}

static int get_enumerated_name(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, unsigned item, char *name, size_t size)
{
	struct control *c = at(ext, key);
	if (!c || item >= c->n_items)
		return -EINVAL;
	snprintf(name, size, "%s", c->items[item]);
	return 0;
}

static int read_integer(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, long *value)
{
	struct ctl *x = ext->private_data;
	if (unplugged(x))
		return -ENODEV;
	load(x);
	struct control *c = at(ext, key);
	if (!c)
		return -ENOENT;
	memcpy(value, c->values, c->count * sizeof *value);
	return 0;
}

static int read_enumerated(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, unsigned *items)
{
	struct ctl *x = ext->private_data;
	if (unplugged(x))
		return -ENODEV;
	load(x);
	struct control *c = at(ext, key);
	if (!c)
		return -ENOENT;
	for (unsigned i = 0; i < c->count; i++)
		items[i] = (unsigned)c->values[i];
	return 0;
}

static int read_bytes(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, unsigned char *data, size_t size)
{
	struct control *c = at(ext, key);
	if (!c)
		return -ENOENT;
	for (unsigned i = 0; i < c->count && i < size; i++)
		data[i] = (unsigned char)c->values[i];
	return 0;
}

/* A write is noted, so that a test can see that none came. */
static int note_write(struct ctl *x)
{
	char path[600];
	snprintf(path, sizeof path, "%s/writes.txt", x->card.dir);
	FILE *f = fopen(path, "ae");
	if (f) {
		fputs("write\n", f);
		fclose(f);
	}
	return -EPERM;
}

static int write_integer(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, long *value)
{
	(void)key, (void)value;
	return note_write(ext->private_data);
}

static int write_enumerated(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, unsigned *items)
{
	(void)key, (void)items;
	return note_write(ext->private_data);
}

static void subscribe_events(snd_ctl_ext_t *ext, int subscribe)
{
	struct ctl *x = ext->private_data;
	(void)subscribe;
	load(x);
}

static int read_event(snd_ctl_ext_t *ext, snd_ctl_elem_id_t *id, unsigned *mask)
{
	struct ctl *x = ext->private_data;
	char junk[4096];
	while (read(ext->poll_fd, junk, sizeof junk) > 0)
		;
	if (unplugged(x))
		return -ENODEV;
	load(x);
	if (!x->changed)
		return -EAGAIN;
	for (; x->next < x->now.n; x->next++) {
		struct control *c = &x->now.list[x->next];
		const struct control *old = x->next < x->told.n ? &x->told.list[x->next] : NULL;
		if (c->access & SND_CTL_EXT_ACCESS_VOLATILE)
			continue;
		if (old && !memcmp(old->values, c->values, sizeof c->values))
			continue;
		elem_list(ext, x->next, id);
		snd_ctl_elem_id_set_numid(id, x->next + 1);
		*mask = SND_CTL_EVENT_MASK_VALUE;
		x->next++;
		return 1;
	}
	if (x->told.list != x->now.list)
		free_table(&x->told);
	x->told = x->now;
	x->changed = 0;
	return -EAGAIN;
}

static void close_ctl(snd_ctl_ext_t *ext)
{
	struct ctl *x = ext->private_data;
	if (x->told.list != x->now.list)
		free_table(&x->told);
	free_table(&x->now);
	close(ext->poll_fd);
	free(x);
}

static const snd_ctl_ext_callback_t callbacks = {
	.close = close_ctl,
	.elem_count = elem_count,
	.elem_list = elem_list,
	.find_elem = find_elem,
	.get_attribute = get_attribute,
	.get_integer_info = get_integer_info,
	.get_enumerated_info = get_enumerated_info,
	.get_enumerated_name = get_enumerated_name,
	.read_integer = read_integer,
	.read_enumerated = read_enumerated,
	.read_bytes = read_bytes,
	.write_integer = write_integer,
	.write_enumerated = write_enumerated,
	.subscribe_events = subscribe_events,
	.read_event = read_event,
};

SND_CTL_PLUGIN_DEFINE_FUNC(lightkeeper_card)
{
	(void)root;
	char dir[512];
	int err = card_config_dir(conf, "lightkeeper_card", dir, sizeof dir);
	if (err < 0)
		return err;
	struct ctl *x = calloc(1, sizeof *x);
	if (!x)
		return -ENOMEM;
	if ((err = card_read(&x->card, dir)) < 0 || (err = x->card.plugged ? 0 : -ENOENT) < 0) {
		free(x);
		return err;
	}
	x->ext.version = SND_CTL_EXT_VERSION;
	x->ext.card_idx = 0;
	memcpy(x->ext.id, x->card.id, sizeof x->ext.id);
	memcpy(x->ext.driver, x->card.driver, sizeof x->ext.driver);
	memcpy(x->ext.name, x->card.name, sizeof x->ext.name);
	memcpy(x->ext.longname, x->card.longname, sizeof x->ext.longname);
	memcpy(x->ext.mixername, x->card.mixername, sizeof x->ext.mixername);
	x->ext.poll_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	inotify_add_watch(x->ext.poll_fd, dir, IN_MOVED_TO | IN_CLOSE_WRITE);
	x->ext.callback = &callbacks;
	x->ext.private_data = x;
	load(x);
	if ((err = snd_ctl_ext_create(&x->ext, name, mode)) < 0) {
		close(x->ext.poll_fd);
		free_table(&x->now);
		free(x);
		return err;
	}
	*handlep = x->ext.handle;
	return 0;
}
SND_CTL_PLUGIN_SYMBOL(lightkeeper_card);
