/* Memory of trees: blocks are used again, never two times at once. */
#include <pthread.h>
#include <stdio.h>

#include "json.h"
#include "support/suite.h"

enum { NODES = 3000, LENGTH_MAX = 300 }; /* more than are kept, and longer than what is kept */

static const char *text_of(int i)
{
    static _Thread_local char text[LENGTH_MAX + 1];
    int length = i % LENGTH_MAX;
    memset(text, 'a' + i % 26, (size_t)length);
    text[length] = '\0';
    return text;
}

static cJSON *make(void)
{
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < NODES; i++) {
        cJSON *item = cJSON_CreateObject();
        json_set_text(item, "Text", text_of(i));
        json_set_double(item, "Number", i);
        cJSON_AddItemToArray(list, item);
    }
    return list;
}

static void check(const cJSON *list)
{
    const cJSON *item;
    int i = 0;
    cJSON_ArrayForEach(item, list)
    {
        ck_assert_str_eq(json_text(item, "Text", ""), text_of(i));
        ck_assert_int_eq(json_int(item, "Number", -1), i);
        i++;
    }
    ck_assert_int_eq(i, NODES);
}

START_TEST(trees_made_of_used_blocks_are_whole)
{
    json_keep_memory();
    cJSON *longest = make();
    for (int round = 0; round < 3; round++) {
        cJSON *first = make();
        cJSON *second = make();
        check(first);
        cJSON_Delete(first);
        cJSON *third = make();
        check(second);
        check(third);
        cJSON_Delete(second);
        cJSON_Delete(third);
    }
    check(longest);
    cJSON_Delete(longest);
}
END_TEST

START_TEST(single_members_come_and_go)
{
    json_keep_memory();
    CLEANUP(json_deletep) cJSON *list = make();
    for (cJSON *item = list->child; item; item = item->next) {
        cJSON_DeleteItemFromObjectCaseSensitive(item, "Number");
        json_set_double(item, "Number", 0);
        cJSON_ReplaceItemInObjectCaseSensitive(item, "Text", cJSON_CreateString("other"));
    }
    for (cJSON *item = list->child; item; item = item->next) {
        ck_assert_str_eq(json_text(item, "Text", ""), "other");
        ck_assert_int_eq(json_int(item, "Number", -1), 0);
    }
}
END_TEST

static void *delete_elsewhere(void *tree)
{
    cJSON_Delete(tree);
    cJSON *own = make();
    check(own);
    return own;
}

START_TEST(a_tree_may_end_in_another_thread)
{
    json_keep_memory();
    for (int round = 0; round < 3; round++) {
        pthread_t thread;
        void *theirs;
        cJSON *kept = make();
        ck_assert_int_eq(pthread_create(&thread, NULL, delete_elsewhere, make()), 0);
        cJSON *ours = make();
        ck_assert_int_eq(pthread_join(thread, &theirs), 0);
        check(kept);
        check(ours);
        check(theirs);
        cJSON_Delete(kept);
        cJSON_Delete(ours);
        cJSON_Delete(theirs);
    }
}
END_TEST

SUITE("json_memory", trees_made_of_used_blocks_are_whole, single_members_come_and_go,
      a_tree_may_end_in_another_thread)
