/* map: a table from text to pointer, against what a plain array would hold. */
#include <stdio.h>

#include "map.h"
#include "support/suite.h"

enum { KEYS = 5000 };

static int values[KEYS];
static unsigned released;

static void release(void *value)
{
    ++*(int *)value;
    released++;
}

static const char *key_of(int i)
{
    static char key[32];
    snprintf(key, sizeof(key), "key-%d", i);
    return key;
}

START_TEST(an_empty_map_has_nothing)
{
    struct map map = { 0 };
    ck_assert_ptr_null(map_find(&map, "a"));
    ck_assert_ptr_null(map_remove(&map, "a"));
    map_clear(&map, release);
    ck_assert_uint_eq(map.count, 0);
}
END_TEST

START_TEST(keys_are_copied_and_differ_by_case_and_length)
{
    struct map map = { 0 };
    char key[] = "abc";
    map_set(&map, key, &values[0]);
    key[0] = 'x';
    ck_assert_ptr_eq(map_find(&map, "abc"), &values[0]);
    ck_assert_ptr_null(map_find(&map, "xbc"));
    ck_assert_ptr_null(map_find(&map, "ABC"));
    ck_assert_ptr_null(map_find(&map, "ab"));
    ck_assert_ptr_null(map_find(&map, "abcd"));
    ck_assert_ptr_null(map_find(&map, ""));
    map_clear(&map, NULL);
}
END_TEST

START_TEST(what_was_set_is_found_until_it_is_removed)
{
    struct map map = { 0 };
    for (int i = 0; i < KEYS; i++)
        map_set(&map, key_of(i), &values[i]);
    ck_assert_uint_eq(map.count, KEYS);
    for (int i = 0; i < KEYS; i += 3)
        ck_assert_ptr_eq(map_remove(&map, key_of(i)), &values[i]);
    for (int i = 0; i < KEYS; i++)
        ck_assert_ptr_eq(map_find(&map, key_of(i)), i % 3 == 0 ? NULL : &values[i]);
    ck_assert_uint_eq(map.count, KEYS - (KEYS + 2) / 3);
    map_set(&map, key_of(0), &values[7]);
    ck_assert_ptr_eq(map_find(&map, key_of(0)), &values[7]);
    map_clear(&map, NULL);
}
END_TEST

START_TEST(clearing_releases_each_value_once)
{
    struct map map = { 0 };
    for (int i = 0; i < KEYS; i++)
        map_set(&map, key_of(i), &values[i]);
    map_clear(&map, release);
    ck_assert_uint_eq(released, KEYS);
    for (int i = 0; i < KEYS; i++)
        ck_assert_int_eq(values[i], 1);
    ck_assert_uint_eq(map.count, 0);
    ck_assert_ptr_null(map_find(&map, key_of(1)));
    map_set(&map, "again", &values[1]);
    ck_assert_ptr_eq(map_find(&map, "again"), &values[1]);
    map_clear(&map, NULL);
}
END_TEST

START_TEST(keys_are_joined_and_cut)
{
    char key[MAP_KEY_SIZE];
    char part[1000];
    memset(part, 'x', sizeof(part));
    part[sizeof(part) - 1] = '\0';
    ck_assert_str_eq(map_key(key, "a", NULL), "a");
    ck_assert_str_eq(map_key(key, "a", "", "bc", NULL), "a//bc");
    map_key(key, part, part, part, NULL);
    ck_assert_uint_eq(strlen(key), MAP_KEY_SIZE - 1);
    ck_assert_int_eq(key[999], '/');
    ck_assert_int_eq(key[MAP_KEY_SIZE - 2], 'x');
}
END_TEST

SUITE("map", an_empty_map_has_nothing, keys_are_copied_and_differ_by_case_and_length,
      what_was_set_is_found_until_it_is_removed, clearing_releases_each_value_once,
      keys_are_joined_and_cut)
