/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules of Santa as moroz has them, in TOML:
 *
 *	[[rules]]
 *	rule_type = "BINARY"
 *	policy = "BLOCKLIST"
 *	identifier = "SHA-256 of the file"
 *	custom_msg = "text"
 *
 * Of TOML this reads what such files need: keys with a value on one line, and no
 * other tables. Rules that block a binary are entries; those that allow something,
 * or go by certificate or team, are set aside.
 */
#include "list_format.h"

#include <string.h>

#include "util.h"

#define VALUE_MAX 1024U /* bytes of a value that are kept, so of a message */

enum key {
	KEY_TYPE,
	KEY_POLICY,
	KEY_IDENTIFIER,
	KEY_MESSAGE,
	KEY_COUNT,
};

static const struct {
	const char *name;
	enum key key;
} keys[] = {
	{ "rule_type", KEY_TYPE },	   { "policy", KEY_POLICY },
	{ "identifier", KEY_IDENTIFIER },  { "custom_msg", KEY_MESSAGE },
	{ "sha256", KEY_IDENTIFIER }, /* its name before there were other types */
};

struct value {
	uint32_t line; /* 0: not given */
	size_t size;
	char bytes[VALUE_MAX];
};

struct rule {
	uint32_t line; /* of its [[rules]]; 0: none has begun */
	bool broken;   /* something in it was reported */
	struct value values[KEY_COUNT];
};

static struct slice value_text(const struct value *value)
{
	return (struct slice){ value->bytes, value->size };
}

static bool value_is_one_of(const struct value *value, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_is(value_text(value), names[i]))
			return true;
	return false;
}

static void value_malformed(struct list_parser *parser, const struct value *value,
			    const char *expected)
{
	list_malformed(parser, value->line, value->bytes, value->size, expected);
}

/* Whether the rule blocks a binary. Otherwise it was set aside or reported. */
static bool blocks_binary(struct list_parser *parser, const struct rule *rule)
{
	static const char *const other_types[] = { "CERTIFICATE", "TEAMID", "SIGNINGID", "CDHASH" };
	static const char *const blocking[] = { "BLOCKLIST", "SILENT_BLOCKLIST", "BLACKLIST",
						"SILENT_BLACKLIST" };
	static const char *const other_policies[] = { "ALLOWLIST", "ALLOWLIST_COMPILER",
						      "WHITELIST", "WHITELIST_COMPILER",
						      "REMOVE",	   "CEL" };
	const struct value *type = &rule->values[KEY_TYPE], *policy = &rule->values[KEY_POLICY];
	bool binary = slice_is(value_text(type), "BINARY");
	bool blocks = value_is_one_of(policy, blocking, ARRAY_SIZE(blocking));

	if (!binary && !value_is_one_of(type, other_types, ARRAY_SIZE(other_types)))
		value_malformed(parser, type, "as rule_type BINARY, CERTIFICATE, TEAMID, SIGNINGID "
					      "or CDHASH");
	else if (!blocks && !value_is_one_of(policy, other_policies, ARRAY_SIZE(other_policies)))
		value_malformed(parser, policy, "as policy BLOCKLIST, SILENT_BLOCKLIST, ALLOWLIST, "
						"ALLOWLIST_COMPILER, REMOVE or CEL");
	else if (binary && blocks)
		return true;
	else
		list_set_aside(parser);
	return false;
}

/* Makes a row of the rule, if there is one. Returns 0 or a negative errno. */
static int end_rule(struct list_parser *parser, const struct rule *rule)
{
	const struct value *identifier = &rule->values[KEY_IDENTIFIER];
	struct list_row row = { .size = ENTRY_SIZE_UNKNOWN, .line = identifier->line };

	if (rule->line == 0 || rule->broken)
		return 0;
	if (!rule->values[KEY_TYPE].line || !rule->values[KEY_POLICY].line || !identifier->line) {
		list_malformed(parser, rule->line, "[[rules]]", 9,
			       "rule_type, policy and identifier in each of [[rules]]");
		return 0;
	}
	if (!blocks_binary(parser, rule) ||
	    !list_digest(parser, identifier->line, value_text(identifier), row.digest))
		return 0;
	row.text[LIST_SOURCE] = value_text(&rule->values[KEY_MESSAGE]);
	return list_emit(parser, &row);
}

/* Appends a character as UTF-8, which is never longer than the \u that names it. */
static bool put_character(uint32_t c, char *out, size_t *used)
{
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return false;
	if (c < 0x80) {
		out[(*used)++] = (char)c;
		return true;
	}
	if (c >= 0x10000)
		out[(*used)++] = (char)(0xf0 | c >> 18);
	if (c >= 0x800)
		out[(*used)++] = (char)((c >= 0x10000 ? 0x80 : 0xe0) | (c >> 12 & 0x3f));
	out[(*used)++] = (char)((c >= 0x800 ? 0x80 : 0xc0) | (c >> 6 & 0x3f));
	out[(*used)++] = (char)(0x80 | (c & 0x3f));
	return true;
}

/* The escape whose letter is first in @text. Returns how many bytes it has, 0 if it is wrong. */
static size_t read_escape(struct slice text, char *out, size_t *used)
{
	static const char letters[] = "btnfr\"\\", meant[] = "\b\t\n\f\r\"\\";
	const char *letter = text.size > 0 && *text.bytes ? strchr(letters, *text.bytes) : NULL;
	size_t digits = text.size > 0 && *text.bytes == 'U' ? 8 : 4;
	char hex[9] = "";

	if (letter) {
		out[(*used)++] = meant[letter - letters];
		return 1;
	}
	if (text.size <= digits || (*text.bytes != 'u' && *text.bytes != 'U') ||
	    list_hex_run(text.bytes + 1, digits) != digits)
		return 0;
	memcpy(hex, text.bytes + 1, digits);
	return put_character((uint32_t)strtoul(hex, NULL, 16), out, used) ? digits + 1 : 0;
}

/* Takes a string in quotation marks, undoing escapes in place. False if it is none. */
static bool take_string(struct slice *rest, struct slice *ret_text)
{
	char quote = *rest->bytes, *out = (char *)rest->bytes;
	size_t used = 0;

	for (size_t i = 1; i < rest->size; i++) {
		char c = rest->bytes[i];

		if (c == quote) {
			*ret_text = (struct slice){ out, used };
			*rest = (struct slice){ rest->bytes + i + 1, rest->size - i - 1 };
			return true;
		}
		if (c == '\\' && quote == '"') {
			struct slice escape = { rest->bytes + i + 1, rest->size - i - 1 };
			size_t taken = read_escape(escape, out, &used);

			if (taken == 0)
				return false;
			i += taken;
		} else if (c) {
			out[used++] = c;
		} else {
			return false;
		}
	}
	return false;
}

static bool is_end(struct slice rest)
{
	rest = slice_trim(rest);
	return rest.size == 0 || *rest.bytes == '#';
}

/* Takes KEY = off the line. */
static bool take_key(struct slice *rest, struct slice *ret_key)
{
	const char *equals = memchr(rest->bytes, '=', rest->size);

	if (!equals)
		return false;
	*ret_key = slice_trim(slice_take(rest, '='));
	*rest = slice_trim(*rest);
	return ret_key->size > 0 && rest->size > 0 &&
	       slice_all(*ret_key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_-");
}

static bool is_string(struct slice value)
{
	return *value.bytes == '"' || *value.bytes == '\'';
}

/* Keeps the value of a key that says something. False if it was reported. */
static bool keep_value(struct list_parser *parser, const struct line *line, struct slice key,
		       struct slice text, struct rule *rule)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct value *value = &rule->values[keys[i].key];

		if (key.size != strlen(keys[i].name) || !slice_begins(key, keys[i].name))
			continue;
		if (value->line) {
			list_malformed(parser, line->number, key.bytes, key.size,
				       "each key once in a rule");
			return false;
		}
		value->line = line->number;
		value->size = text.size < VALUE_MAX ? text.size : VALUE_MAX;
		memcpy(value->bytes, text.bytes, value->size);
	}
	return true;
}

/* False if the line was reported. */
static bool parse_key(struct list_parser *parser, const struct line *line, struct slice rest,
		      struct rule *rule)
{
	char shown[64];
	struct slice key, text;
	size_t shown_size = rest.size < sizeof(shown) ? rest.size : sizeof(shown);
	bool string;

	memcpy(shown, rest.bytes, shown_size);
	if (!take_key(&rest, &key)) {
		list_malformed(parser, line->number, shown, shown_size, "[[rules]] or KEY = VALUE");
		return false;
	}
	string = is_string(rest);
	if (string ? !take_string(&rest, &text) || !is_end(rest) : is_end(rest)) {
		list_malformed(parser, line->number, shown, shown_size,
			       "KEY = VALUE as in TOML, on one line");
		return false;
	}
	return rule->line == 0 || !string || keep_value(parser, line, key, text, rule);
}

static bool is_rules(struct slice text)
{
	return slice_begins(text, "[[rules]]") &&
	       is_end((struct slice){ text.bytes + 9, text.size - 9 });
}

static int parse(struct list_parser *parser)
{
	struct rule rule = { .line = 0 };
	struct line line;
	int r;

	while ((r = list_next_line(parser, &line)) > 0) {
		struct slice text = slice_trim((struct slice){ line.text, line.size });

		if (is_rules(text)) {
			r = end_rule(parser, &rule);
			if (r < 0)
				return r;
			memset(&rule, 0, sizeof(rule));
			rule.line = line.number;
		} else if (!is_end(text) && !parse_key(parser, &line, text, &rule)) {
			rule.broken = true;
		}
	}
	return r < 0 ? r : end_rule(parser, &rule);
}

static bool detect(const struct list_parser *parser, const struct line *first)
{
	struct slice text = slice_trim((struct slice){ first->text, first->size }), key;

	(void)parser;
	return is_rules(text) || take_key(&text, &key);
}

const struct list_format list_format_santa = {
	.name = "santa",
	.description = "rules of Santa in TOML, as moroz has them",
	.detect = detect,
	.parse = parse,
};
