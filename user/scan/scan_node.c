/* SPDX-License-Identifier: BSD-2-Clause */
#include "scan_node.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"

/* Bounds of a path from its anchor: far below PATH_MAX with one more name. */
#define LENGTH_MAX 2048U
#define LEVELS_MAX 128U

/* Anchors that are kept open. */
#define KEPT_MAX 64U

/* A descriptor that several threads use; closed when the last one is done. */
struct handle {
	int fd;
	atomic_uint references;
};

struct kept {
	struct node *anchor; /* NULL: free */
	struct handle *handle;
	uint64_t used;
	bool beneath;
};

struct nodes {
	pthread_mutex_t lock;
	struct kept kept[KEPT_MAX];
	uint64_t clock;
};

static struct handle *handle_new(int fd)
{
	struct handle *handle = malloc(sizeof(*handle));

	if (handle) {
		handle->fd = fd;
		atomic_init(&handle->references, 1);
	}
	return handle;
}

static void handle_put(struct handle *handle)
{
	if (handle && atomic_fetch_sub(&handle->references, 1) == 1) {
		close(handle->fd);
		free(handle);
	}
}

struct nodes *nodes_new(void)
{
	struct nodes *nodes = calloc(1, sizeof(*nodes));

	if (nodes)
		pthread_mutex_init(&nodes->lock, NULL);
	return nodes;
}

static void kept_release(struct kept *kept)
{
	if (kept->anchor)
		node_put(kept->anchor);
	handle_put(kept->handle);
	*kept = (struct kept){ 0 };
}

void nodes_free(struct nodes *nodes)
{
	if (!nodes)
		return;
	for (size_t i = 0; i < KEPT_MAX; i++)
		kept_release(&nodes->kept[i]);
	pthread_mutex_destroy(&nodes->lock);
	free(nodes);
}

struct node *node_new(struct tree *tree, struct node *parent, const char *name)
{
	size_t size = strlen(name);
	struct node *node = malloc(sizeof(*node) + size + 1);

	if (!node)
		return NULL;
	*node = (struct node){ .tree = tree, .parent = parent };
	atomic_init(&node->references, 1);
	memcpy(node->name, name, size + 1);
	if (!parent)
		return node;
	node_get(parent);
	node->beneath = parent->beneath;
	node->anchor = parent->anchor;
	node->length = parent->length + (unsigned int)size + 1;
	node->levels = parent->levels + 1;
	if (parent->parent && (node->length > LENGTH_MAX || node->levels > LEVELS_MAX)) {
		node->anchor = parent;
		node->length = (unsigned int)size + 1;
		node->levels = 1;
	}
	return node;
}

struct node *node_get(struct node *node)
{
	atomic_fetch_add_explicit(&node->references, 1, memory_order_relaxed);
	return node;
}

void node_put(struct node *node)
{
	while (node && atomic_fetch_sub(&node->references, 1) == 1) {
		struct node *parent = node->parent;

		free(node);
		node = parent;
	}
}

/* The path from the anchor; the root of the tree is ".". */
static const char *relative_path(const struct node *node, char buffer[PATH_MAX])
{
	char *start = buffer + PATH_MAX - 1;

	*start = '\0';
	for (; node->parent; node = node->parent) {
		size_t size = strlen(node->name);

		if (*start)
			*--start = '/';
		start -= size;
		memcpy(start, node->name, size);
		/* This one was the first below the anchor. */
		if (node->anchor == node->parent)
			break;
	}
	if (!*start)
		*--start = '.';
	return start;
}

static int open_below(int base, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOATIME,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};
	long fd = syscall(SYS_openat2, base, path, &how, sizeof(how));

	/* Only the owner may leave the time of access as it is. */
	if (fd < 0 && errno == EPERM) {
		how.flags &= ~(uint64_t)O_NOATIME;
		fd = syscall(SYS_openat2, base, path, &how, sizeof(how));
	}
	return fd < 0 ? -errno : (int)fd;
}

/* Descriptor of the root of the tree; of the copy if @beneath. Made when first needed. */
static int root_of(struct nodes *nodes, struct tree *tree, bool beneath)
{
	int fd;

	/* Without the lock: nobody else has anything of this tree before its root is read. */
	if (!beneath && tree->fd < 0)
		tree->fd = open(tree->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (!beneath)
		return tree->fd < 0 ? -errno : tree->fd;
	pthread_mutex_lock(&nodes->lock);
	if (!tree->copy_tried) {
		tree->copy_tried = true;
		tree->copy_fd = (int)syscall(SYS_open_tree, tree->fd, "",
					     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	}
	fd = tree->copy_fd;
	pthread_mutex_unlock(&nodes->lock);
	return fd < 0 ? -EXDEV : fd;
}

static struct handle *kept_find(struct nodes *nodes, const struct node *anchor, bool beneath)
{
	struct handle *handle = NULL;

	pthread_mutex_lock(&nodes->lock);
	for (size_t i = 0; i < KEPT_MAX && !handle; i++) {
		struct kept *kept = &nodes->kept[i];

		if (kept->anchor != anchor || kept->beneath != beneath)
			continue;
		kept->used = ++nodes->clock;
		handle = kept->handle;
		atomic_fetch_add(&handle->references, 1);
	}
	pthread_mutex_unlock(&nodes->lock);
	return handle;
}

/* Keeps it in the place of the one that was not used for longest. */
static void kept_add(struct nodes *nodes, struct node *anchor, bool beneath, struct handle *handle)
{
	struct kept *oldest = &nodes->kept[0], old;

	pthread_mutex_lock(&nodes->lock);
	for (size_t i = 1; i < KEPT_MAX; i++)
		if (nodes->kept[i].used < oldest->used)
			oldest = &nodes->kept[i];
	old = *oldest;
	atomic_fetch_add(&handle->references, 1);
	*oldest = (struct kept){ node_get(anchor), handle, ++nodes->clock, beneath };
	pthread_mutex_unlock(&nodes->lock);
	kept_release(&old);
}

/* Opens @anchor, whose own anchor is open as @above, or is the root if that is NULL. */
static int open_anchor(struct nodes *nodes, struct node *anchor, bool beneath,
		       const struct handle *above, struct handle **ret_handle)
{
	char buffer[PATH_MAX];
	int base = above ? above->fd : root_of(nodes, anchor->tree, beneath);
	int fd = base < 0 ? base : open_below(base, relative_path(anchor, buffer));

	if (fd < 0)
		return fd;
	*ret_handle = handle_new(fd);
	if (!*ret_handle) {
		close(fd);
		return -ENOMEM;
	}
	kept_add(nodes, anchor, beneath, *ret_handle);
	return 0;
}

/* The anchor open: down from the nearest one that still is. The caller puts the handle. */
static int get_anchor(struct nodes *nodes, struct node *anchor, bool beneath,
		      struct handle **ret_handle)
{
	_cleanup_free_ struct node **chain = NULL;
	struct handle *handle = NULL;
	size_t count = 0, i = 0;
	int r = 0;

	for (const struct node *a = anchor; a; a = a->anchor)
		count++;
	chain = calloc(count, sizeof(struct node *));
	if (!chain)
		return -ENOMEM;
	for (count = 0; anchor && !(handle = kept_find(nodes, anchor, beneath));
	     anchor = anchor->anchor)
		chain[count++] = anchor;
	for (i = count; i > 0 && r == 0; i--) {
		struct handle *above = handle;

		r = open_anchor(nodes, chain[i - 1], beneath, above, &handle);
		handle_put(above);
	}
	if (r == 0)
		*ret_handle = handle;
	return r;
}

static int open_from(struct nodes *nodes, const struct node *node, bool beneath)
{
	struct handle *handle = NULL;
	char buffer[PATH_MAX];
	int base, r;

	if (node->anchor) {
		r = get_anchor(nodes, node->anchor, beneath, &handle);
		if (r < 0)
			return r;
		base = handle->fd;
	} else {
		base = root_of(nodes, node->tree, beneath);
	}
	r = base < 0 ? base : open_below(base, relative_path(node, buffer));
	handle_put(handle);
	return r;
}

int node_open(struct nodes *nodes, struct node *node, bool *ret_covered)
{
	int fd = open_from(nodes, node, node->beneath);

	*ret_covered = fd == -EXDEV && !node->beneath;
	if (!*ret_covered)
		return fd;
	node->beneath = true;
	return open_from(nodes, node, true);
}

void node_path(const struct node *node, const char *name, struct buffer *buffer)
{
	const struct tree *tree = node->tree;
	size_t size = 0, i;
	char *text;

	for (const struct node *n = node; n->parent; n = n->parent)
		size += 1 + strlen(n->name);
	text = malloc(size + 1);
	if (!text) {
		buffer->failed = true;
		return;
	}
	i = size;
	for (const struct node *n = node; n->parent; n = n->parent) {
		size_t length = strlen(n->name);

		i -= length;
		memcpy(text + i, n->name, length);
		text[--i] = '/';
	}
	/* Of "/" only the slash before the first name is left. */
	if (tree->path[1] != '\0' || (size == 0 && !name))
		buffer_append_string(buffer, tree->path);
	buffer_append(buffer, text, size);
	if (name) {
		buffer_append_char(buffer, '/');
		buffer_append_string(buffer, name);
	}
	free(text);
}
