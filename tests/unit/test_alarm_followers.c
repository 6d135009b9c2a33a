/* alarm_followers: who is told of whom, and in which order. */
#include "alarms/followers.h"
#include "alarms/state.h"
#include "support/suite.h"

static struct alarm first;
static struct alarm second;
static struct alarm third;

static void follow(struct alarm_followers *followers, const char *name, struct alarm *who)
{
    alarm_followers_add(followers, name, who);
}

static void leave(struct alarm_followers *followers, const char *name, struct alarm *who)
{
    alarm_followers_remove(followers, name, who);
}

static void expect(const struct alarm_followers *followers, const char *key,
                   struct alarm *const *expected)
{
    const struct alarm_follower_list *list = alarm_followers_of(followers, key);
    size_t count = 0;
    for (; expected[count]; count++) {
        ck_assert_uint_gt(list->count, count);
        ck_assert_ptr_eq(list->list[count], expected[count]);
    }
    ck_assert_uint_eq(list->count, count);
}

START_TEST(they_are_told_in_order_of_their_coming_and_each_once)
{
    struct alarm_followers followers = { 0 };
    struct alarm *const nobody[] = { NULL };
    expect(&followers, "a", nobody);
    follow(&followers, "a", &first);
    follow(&followers, "a", &second);
    follow(&followers, "a", &second);
    follow(&followers, "b", &second);
    follow(&followers, "a", &third);
    expect(&followers, "a", (struct alarm *const[]){ &first, &second, &third, NULL });
    expect(&followers, "b", (struct alarm *const[]){ &second, NULL });
    expect(&followers, "elsewhere", nobody);
    leave(&followers, "b", &first);
    leave(&followers, "a", &first);
    follow(&followers, "a", &first);
    expect(&followers, "a", (struct alarm *const[]){ &second, &third, &first, NULL });
    leave(&followers, "a", &third);
    expect(&followers, "a", (struct alarm *const[]){ &second, &first, NULL });
    leave(&followers, "b", &second);
    leave(&followers, "b", &second);
    expect(&followers, "b", nobody);
    alarm_followers_clear(&followers);
    expect(&followers, "a", nobody);
}
END_TEST

SUITE("alarm_followers", they_are_told_in_order_of_their_coming_and_each_once)
