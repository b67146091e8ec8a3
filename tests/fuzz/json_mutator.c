/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes a JSON document into another one: random bytes alone would hardly ever
 * get past the parser, and the readers of documents behind it see little.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define STRING_MAX 512U

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

static uint32_t random_state;

static uint32_t random_below(uint32_t bound)
{
	random_state = random_state * 1664525U + 1013904223U;
	return (random_state >> 8) % bound;
}

/* A place in the document: an element of an array, or a member of an object. */
struct place {
	json_t *holder;
	size_t index;
	const char *key;
	uint32_t left; /* places to pass over before it */
};

static bool find_place(json_t *value, struct place *place)
{
	const char *key;
	json_t *inner;
	size_t i;

	if (json_is_array(value)) {
		json_array_foreach(value, i, inner) {
			if (place->left-- == 0) {
				place->holder = value;
				place->index = i;
				return true;
			}
			if (find_place(inner, place))
				return true;
		}
	} else if (json_is_object(value)) {
		json_object_foreach(value, key, inner) {
			if (place->left-- == 0) {
				place->holder = value;
				place->key = key;
				return true;
			}
			if (find_place(inner, place))
				return true;
		}
	}
	return false;
}

static uint32_t count_places(json_t *value)
{
	struct place all = { .left = UINT32_MAX };

	find_place(value, &all);
	return UINT32_MAX - all.left;
}

static json_t *get(const struct place *place)
{
	return place->key ? json_object_get(place->holder, place->key) :
			    json_array_get(place->holder, place->index);
}

static void set_new(const struct place *place, json_t *value)
{
	if (place->key)
		json_object_set_new(place->holder, place->key, value);
	else
		json_array_set_new(place->holder, place->index, value);
}

static json_t *mutate_string(json_t *value)
{
	uint8_t text[STRING_MAX];
	size_t size = json_string_length(value);
	json_t *mutated;

	if (size > STRING_MAX)
		size = STRING_MAX;
	memcpy(text, json_string_value(value), size);
	size = LLVMFuzzerMutate(text, size, STRING_MAX);
	mutated = json_stringn((const char *)text, size);
	return mutated ? mutated : json_string("");
}

/* Any value of the document, or one of no kind that was expected. */
static json_t *other_value(json_t *document, uint32_t places)
{
	struct place place = { .left = random_below(places) };

	switch (random_below(8)) {
	case 0:
		return json_integer((json_int_t)random_below(4) - 1);
	case 1:
		return json_boolean(random_below(2));
	case 2:
		return json_null();
	case 3:
		return random_below(2) ? json_array() : json_object();
	case 4:
		return json_string("");
	default:
		find_place(document, &place);
		return json_deep_copy(get(&place));
	}
}

static void mutate(json_t *document)
{
	uint32_t places = count_places(document);
	struct place place = { .left = places ? random_below(places) : 0 };

	if (!find_place(document, &place))
		return;
	if (json_is_string(get(&place)) && random_below(2))
		set_new(&place, mutate_string(get(&place)));
	else if (random_below(4) == 0 && place.key)
		json_object_del(place.holder, place.key);
	else if (random_below(4) == 0 && !place.key)
		json_array_remove(place.holder, place.index);
	else if (random_below(3) == 0 && !place.key)
		json_array_insert_new(place.holder, place.index, other_value(document, places));
	else
		set_new(&place, other_value(document, places));
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	json_t *document = NULL;
	size_t dumped;

	random_state = seed;
	if (size > 0 && (*data == '{' || *data == '['))
		document = json_loadb((const char *)data, size, 0, NULL);
	if (!document || random_below(8) == 0) {
		json_decref(document);
		return LLVMFuzzerMutate(data, size, max_size);
	}
	for (uint32_t i = random_below(4) + 1; i > 0; i--)
		mutate(document);
	dumped = json_dumpb(document, (char *)data, max_size, JSON_COMPACT);
	json_decref(document);
	return dumped > 0 && dumped <= max_size ? dumped : LLVMFuzzerMutate(data, size, max_size);
}
