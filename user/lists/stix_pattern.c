/* SPDX-License-Identifier: BSD-2-Clause */
#include "stix_pattern.h"

#include <string.h>
#include <strings.h>

#include "util.h"

#define STEPS_MAX 4U /* of a path that are looked at */

enum token_kind {
	TOKEN_END,
	TOKEN_BAD,
	TOKEN_WORD,   /* names, keywords, numbers */
	TOKEN_STRING, /* without its quotation marks, escapes left as they are */
	TOKEN_EQUAL,  /* = or == */
	TOKEN_MARK,   /* one of []().,:* or a comparison that is not = */
};

struct token {
	enum token_kind kind;
	struct slice text;
};

/* file:hashes.'SHA-256' */
struct path {
	struct slice type;
	struct slice step[STEPS_MAX];
	size_t count; /* of all the steps */
	bool indexed; /* one is an element of a list: [0], [*] */
};

struct reader {
	const char *at;
	const char *end;
	struct token token; /* the one being looked at */
	stix_hash_fn function;
	void *cookie;
	struct stix_pattern *pattern;
	unsigned int open; /* parentheses */
};

static bool is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

static bool slice_equals(struct slice slice, const char *text)
{
	return slice.size == strlen(text) && memcmp(slice.bytes, text, slice.size) == 0;
}

/* Blanks, // to the end of the line, and what stands between slash-star and star-slash. */
static bool skip_blanks(struct reader *reader)
{
	while (reader->at < reader->end) {
		size_t left = (size_t)(reader->end - reader->at);
		const char *end;

		if (memchr(" \t\r\n\v\f", *reader->at, 6)) { /* NOLINT: without its NUL */
			reader->at++;
			continue;
		}
		if (left < 2 || *reader->at != '/')
			return true;
		if (reader->at[1] == '/') {
			end = memchr(reader->at, '\n', left);
			reader->at = end ? end + 1 : reader->end;
		} else if (reader->at[1] == '*') {
			end = memmem(reader->at + 2, left - 2, "*/", 2);
			if (!end)
				return false;
			reader->at = end + 2;
		} else {
			return true;
		}
	}
	return true;
}

static enum token_kind read_string(struct reader *reader)
{
	char quote = *reader->at++;
	const char *begin = reader->at;

	while (reader->at < reader->end && *reader->at != quote) {
		if (*reader->at == '\\' && ++reader->at == reader->end)
			return TOKEN_BAD;
		reader->at++;
	}
	reader->token.text = (struct slice){ begin, (size_t)(reader->at - begin) };
	if (reader->at == reader->end)
		return TOKEN_BAD;
	reader->at++;
	return TOKEN_STRING;
}

/* One byte, or one of == != <> <= >=. */
static enum token_kind read_mark(struct reader *reader)
{
	static const char *const pairs[] = { "==", "!=", "<>", "<=", ">=" };
	char c = *reader->at;
	size_t size = 1;

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (reader->end - reader->at >= 2 && memcmp(reader->at, pairs[i], 2) == 0)
			size = 2;
	reader->token.text = (struct slice){ reader->at, size };
	reader->at += size;
	if (c == '=')
		return TOKEN_EQUAL;
	return size == 2 || (c && strchr("[]().,:*<>", c)) ? TOKEN_MARK : TOKEN_BAD;
}

static void next(struct reader *reader)
{
	struct token *token = &reader->token;
	const char *begin;

	if (!skip_blanks(reader)) {
		*token = (struct token){ TOKEN_BAD, { reader->at, 2 } };
		return;
	}
	begin = reader->at;
	*token = (struct token){ TOKEN_END, { begin, 0 } };
	if (begin == reader->end)
		return;
	if (*begin == '\'' || *begin == '"') {
		token->kind = read_string(reader);
		return;
	}
	while (reader->at < reader->end && is_word_byte(*reader->at))
		reader->at++;
	if (reader->at == begin) {
		token->kind = read_mark(reader);
		return;
	}
	*token = (struct token){ TOKEN_WORD, { begin, (size_t)(reader->at - begin) } };
}

static bool at_mark(const struct reader *reader, char mark)
{
	return reader->token.kind == TOKEN_MARK && reader->token.text.size == 1 &&
	       *reader->token.text.bytes == mark;
}

static bool accept_mark(struct reader *reader, char mark)
{
	if (!at_mark(reader, mark))
		return false;
	next(reader);
	return true;
}

static bool accept_or(struct reader *reader)
{
	struct slice text = reader->token.text;

	if (reader->token.kind != TOKEN_WORD || text.size != 2 ||
	    strncasecmp(text.bytes, "or", 2) != 0)
		return false;
	next(reader);
	return true;
}

/* One step of a path: .name, .'name' or [index]. False if there is none. */
static bool read_step(struct reader *reader, struct path *path)
{
	if (accept_mark(reader, '[')) {
		path->indexed = true;
		if (!accept_mark(reader, '*') && reader->token.kind == TOKEN_WORD)
			next(reader);
		return accept_mark(reader, ']');
	}
	if (path->count > 0 && !accept_mark(reader, '.'))
		return false;
	if (reader->token.kind != TOKEN_WORD && reader->token.kind != TOKEN_STRING)
		return false;
	if (path->count < STEPS_MAX)
		path->step[path->count] = reader->token.text;
	path->count++;
	next(reader);
	return true;
}

/* Reads a path if there is one; else passes over the word, if there is one. */
static bool read_path(struct reader *reader, struct path *ret_path)
{
	*ret_path = (struct path){ .type = reader->token.text };
	if (reader->token.kind != TOKEN_WORD)
		return false;
	next(reader);
	if (!accept_mark(reader, ':'))
		return false;
	while (read_step(reader, ret_path))
		;
	return ret_path->count > 0;
}

/* The algorithm if the path is the digest of a file. */
static bool is_hash(const struct path *path, struct slice *ret_algorithm)
{
	size_t hashes = 0; /* at which step */

	*ret_algorithm = (struct slice){ "", 0 };
	if (slice_equals(path->type, "process")) {
		if (!slice_equals(path->step[0], "image_ref") &&
		    !slice_equals(path->step[0], "binary_ref"))
			return false;
		hashes = 1;
	} else if (!slice_equals(path->type, "file") && !slice_equals(path->type, "artifact")) {
		return false;
	}
	if (path->count <= hashes || !slice_equals(path->step[hashes], "hashes"))
		return false;
	if (path->count == hashes + 2 && !path->indexed)
		*ret_algorithm = path->step[hashes + 1];
	return true;
}

static void refuse(struct reader *reader, struct slice what)
{
	if (!reader->pattern->refused.bytes)
		reader->pattern->refused = what;
}

static bool is_sha256(struct slice text)
{
	uint8_t digest[INTERDICT_DIGEST_SIZE];

	return text.size == DIGEST_HEX_SIZE - 1 && digest_from_hex(text.bytes, digest) == 0;
}

/* What is no string: true, 5, 1.5, t'...'. */
static bool read_literal(struct reader *reader)
{
	if (reader->token.kind != TOKEN_WORD)
		return false;
	next(reader);
	if (reader->token.kind == TOKEN_STRING) {
		next(reader);
	} else if (accept_mark(reader, '.')) {
		if (reader->token.kind != TOKEN_WORD)
			return false;
		next(reader);
	}
	return true;
}

/* Notes what is compared; true if it is a digest that can be looked for. */
static bool note_path(struct reader *reader, const struct path *path, struct slice *ret_algorithm)
{
	bool hash = is_hash(path, ret_algorithm);

	reader->pattern->hash |= hash;
	reader->pattern->other |= !hash;
	if (hash && ret_algorithm->size == 0)
		refuse(reader, path->type);
	return hash && ret_algorithm->size > 0;
}

/*
 * PATH = VALUE. Refuses what is not in the form. A property of a file that is
 * compared with what looks like a SHA-256 is a digest by another name: it must
 * not pass for something else.
 */
static int read_comparison(struct reader *reader)
{
	struct slice algorithm, value;
	struct path path;
	bool hash;

	if (!read_path(reader, &path)) {
		refuse(reader, path.type);
		return 0;
	}
	hash = note_path(reader, &path, &algorithm);
	value = reader->token.text;
	if (reader->token.kind != TOKEN_EQUAL) {
		refuse(reader, value);
		return 0;
	}
	next(reader);
	value = reader->token.text;
	if (reader->token.kind != TOKEN_STRING) {
		if (hash || !read_literal(reader))
			refuse(reader, value);
		return 0;
	}
	if (!hash && slice_equals(path.type, "file") && path.count <= 2 && is_sha256(value)) {
		reader->pattern->hash = true;
		refuse(reader, path.step[0]);
	}
	next(reader);
	if (hash && reader->function && !reader->pattern->refused.bytes)
		return reader->function(reader->cookie, algorithm, value);
	return 0;
}

static void open_parentheses(struct reader *reader)
{
	while (accept_mark(reader, '('))
		reader->open++;
}

static void close_parentheses(struct reader *reader, unsigned int least)
{
	while (reader->open > least && accept_mark(reader, ')'))
		reader->open--;
}

/*
 * Comparisons with OR between, in brackets. Since nothing but OR is accepted,
 * parentheses change nothing: they are counted and need no stack.
 */
static int read_brackets(struct reader *reader)
{
	unsigned int outside;
	int r;

	open_parentheses(reader);
	outside = reader->open;
	if (!accept_mark(reader, '[')) {
		refuse(reader, reader->token.text);
		return 0;
	}
	do {
		open_parentheses(reader);
		r = read_comparison(reader);
		if (r < 0 || reader->pattern->refused.bytes)
			return r;
		close_parentheses(reader, outside);
	} while (accept_or(reader));
	if (reader->open != outside || !accept_mark(reader, ']')) {
		refuse(reader, reader->token.text);
		return 0;
	}
	close_parentheses(reader, 0);
	return 0;
}

/* What is behind something that was refused: only to see what is compared in it. */
static void read_rest(struct reader *reader)
{
	while (reader->token.kind != TOKEN_END && reader->token.kind != TOKEN_BAD) {
		struct slice algorithm;
		struct path path;

		if (reader->token.kind != TOKEN_WORD)
			next(reader);
		else if (read_path(reader, &path))
			note_path(reader, &path, &algorithm);
	}
}

int stix_pattern_read(struct slice pattern, stix_hash_fn function, void *cookie,
		      struct stix_pattern *ret_pattern)
{
	struct reader reader = {
		.at = pattern.bytes,
		.end = pattern.bytes + pattern.size,
		.function = function,
		.cookie = cookie,
		.pattern = ret_pattern,
	};
	int r;

	*ret_pattern = (struct stix_pattern){ 0 };
	next(&reader);
	do {
		r = read_brackets(&reader);
		if (r < 0)
			return r;
	} while (!ret_pattern->refused.bytes && accept_or(&reader));
	if (!ret_pattern->refused.bytes && (reader.token.kind != TOKEN_END || reader.open > 0))
		refuse(&reader, reader.token.text);
	read_rest(&reader);
	ret_pattern->malformed = reader.token.kind == TOKEN_BAD ||
				 (!ret_pattern->hash && !ret_pattern->other);
	return 0;
}
