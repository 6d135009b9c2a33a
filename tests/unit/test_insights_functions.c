/* Logs Insights: what its functions make of one record (AWS's page of operations and functions). */
#include "support/insights.h"
#include "xalloc.h"

static const char message[] = "{\"level\":\"info\",\"ip\":\"192.0.2.77\",\"path\":\"/a b/c?d=1\","
                              "\"when\":\"2025-10-20T09:30:00.250+02:00\",\"n\":255}";
enum { EVENT_S = 1760954645 }; /* 2025-10-20 10:04:05 */

/* The value that a function gives, "" if none. The caller owns the text. */
static char *value_of(const char *expression)
{
    struct error error = { 0 };
    CLEANUP(freep) char *text = xformat("fields %s as x | display x", expression);
    struct insights_query *query = insights_test_parse(text, &error);
    ck_assert_msg(query, "%s: %s", expression, error.message);
    struct insights_run *run = insights_run_start(query, 1);
    const struct insights_event event = { .timestamp_ms = EVENT_S * INT64_C(1000) + 678,
                                          .message = text_from(message),
                                          .log_stream = "s",
                                          .log = "000000000000:g",
                                          .pointer = "p" };
    ck_assert(insights_run_add(run, &event, &error));
    CLEANUP(json_deletep) cJSON *rows = insights_run_end(run, &error);
    const cJSON *item = cJSON_GetArrayItem(rows, 0)->child;
    bool is_there = item && strcmp(json_text(item, "field", ""), "x") == 0;
    char *value = xstrdup(is_there ? json_text(item, "value", "") : "");
    insights_run_destroy(run);
    insights_query_destroy(query);
    return value;
}

struct expected {
    const char *expression;
    const char *value;
};

static void expect_values(const struct expected *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CLEANUP(freep) char *value = value_of(cases[i].expression);
        ck_assert_msg(strcmp(value, cases[i].value) == 0, "%s is '%s', not '%s'",
                      cases[i].expression, value, cases[i].value);
    }
}

START_TEST(texts_are_cut_and_replaced)
{
    static const struct expected cases[] = {
        { "regexReplace('a1b22c', '[0-9]+', '#')", "a#b#c" },
        { "regexReplace('aaa', '^a', 'b')", "baa" },
        { "regexReplace('ab', 'x*', '-')", "-a-b-" },
        { "regexReplace(path, '[?].*$', '')", "/a b/c" },
        { "regexReplace('key=v', '(\\w+)=(\\w+)', '$2 \\1')", "$2 \\1" },
        { "coalesce(regexReplace(nope, 'a', 'b'), 'none')", "none" },
        { "split('a,b,,c', ',')", "[\"a\",\"b\",\"\",\"c\"]" },
        { "jsonArraySize(split(path, '/'))", "3" },
        { "split(level, '')", "[\"info\"]" },
        { "jsonArrayContains(split('a, b', ', '), 'b')", "1" },
        { "coalesce(split(nope, ','), 'none')", "none" },
        { "strcontains('Canary', 'can')", "0" },
        { "strcontains('Canary', 'can', true)", "1" },
        { "strcontains('Canary', 'can', false)", "0" },
        { "strcontains('Canary', 'x', TRUE)", "0" },
        { "ltrim('xyZxyZfooxyZ', 'xyZ')", "fooxyZ" },
        { "rtrim('xyZfooxyxyZ', 'xyZ')", "xyZfoo" },
        { "trim('xyZxyZfooxyxyZ', 'xyZ')", "foo" },
        { "concat('<', ltrim(' a '), rtrim(' b '), trim(' \t '), '>')", "<a  b>" },
        { "substr('xyZfooxyZ', 3)", "fooxyZ" },
        { "substr('xyZfooxyZ', 3, 3)", "foo" },
        { "concat('<', substr('abc', 0, 0), substr('abc', 3), '>')", "<>" },
        { "coalesce(substr('abc', -1), substr('abc', 0, -1), 'none')", "none" },
        { "replace('foo', 'o', '0')", "f00" },
        { "concat(tolower('FOO'), toupper('bar'))", "fooBAR" },
        { "concat(isblank(nope), isblank(''), isblank(' \t\n'), isblank(' a '))", "1110" },
        { "concat(isempty(nope), isempty(''), isempty(' '), isempty(level))", "1100" },
    };
    expect_values(cases, COUNT_OF(cases));
}
END_TEST

START_TEST(numbers_are_computed)
{
    static const struct expected cases[] = {
        { "concat(greatest(1, 3, 2), least(2, 3, 1), least(3, 1, 2), least(7))", "3117" },
        { "concat(ceil(1.2), ' ', ceil(-1.8), ' ', floor(1.8), ' ', floor(-1.2))", "2 -1 1 -2" },
        { "concat(abs(-5), abs(5), sqrt(16), log(1))", "5540" },
        { "log(10)", "2.3026" },
        { "coalesce(sqrt(-1), log(0), log(-1), abs('x'), greatest(nope), 'none')", "none" },
    };
    expect_values(cases, COUNT_OF(cases));
}
END_TEST

START_TEST(texts_are_encoded_and_decoded)
{
    static const struct expected cases[] = {
        { "urlencode(path)", "%2Fa%20b%2Fc%3Fd%3D1" },
        { "urldecode('a%20b%2Fc')", "a b/c" },
        { "coalesce(urldecode('%ff'), 'none')", "none" },
        { "base64encode('canary')", "Y2FuYXJ5" },
        { "base64decode('Y2FuYXJ5')", "canary" },
        { "coalesce(base64decode('Y2F'), 'none')", "none" },
        { "coalesce(base64decode('/w=='), 'none')", "none" },
        { "coalesce(base64encode(nope), urlencode(nope), sha256(nope), md5(nope), 'none')",
          "none" },
        { "hexToAscii('48656c6c6F')", "Hello" },
        { "coalesce(hexToAscii('486'), hexToAscii('ff'), hexToAscii('00'), 'none')", "none" },
        { "hexToDec('0xff')", "255" },
        { "hexToDec('FF')", "255" },
        { "coalesce(hexToDec('fg'), hexToDec(''), 'none')", "none" },
        { "decToHex(n)", "0xff" },
        { "decToHex(-16.9)", "-0x10" },
        { "coalesce(decToHex('x'), 'none')", "none" },
        { "md5('abc')", "900150983cd24fb0d6963f7d28e17f72" },
        { "sha256('abc')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    };
    expect_values(cases, COUNT_OF(cases));
}
END_TEST

START_TEST(addresses_are_told_apart)
{
    static const struct expected cases[] = {
        { "concat(isValidIp(ip), isValidIp('2001:db8::1'), isValidIp('1.2.3'), isValidIp(nope))",
          "1100" },
        { "concat(isValidIpV4(ip), isValidIpV4('::1'), isValidIpV6('::1'), isValidIpV6(ip))",
          "1010" },
        { "isIpv4InSubnet(ip, '192.0.2.0/24')", "1" },
        { "isIpv4InSubnet(ip, '192.0.2.64/28')", "1" },
        { "isIpv4InSubnet(ip, '192.0.2.0/26')", "0" },
        { "isIpv4InSubnet(ip, '0.0.0.0/0')", "1" },
        { "concat(isIpInSubnet(ip, '192.0.2.77/32'), isIpInSubnet(ip, '2001:db8::/32'))", "10" },
        { "concat(isIpInSubnet(ip, '192.0.2.0/33'), isIpInSubnet(ip, '192.0.2.0'))", "00" },
        { "concat(isIpInSubnet(ip, 'x/8'), isIpInSubnet(ip, '192.0.2.0/-1'))", "00" },
        { "isIpv6InSubnet('2001:db8:7::1', '2001:db8::/32')", "1" },
        { "concat(isIpv6InSubnet(ip, '192.0.2.0/24'), isIpv4InSubnet('::1', '::/0'))", "00" },
        { "ipv4ToNumber(ip)", "3221226061" },
        { "coalesce(ipv4ToNumber('::1'), 'none')", "none" },
        { "concat(isPrivateIP('10.1.2.3'), isPrivateIP('172.32.0.1'), isPrivateIP('192.168.0.1'))",
          "101" },
        { "concat(isPublicIP('8.8.8.8'), isPublicIP('10.1.2.3'), isPublicIP('127.0.0.1'))", "100" },
        { "concat(isPublicIP('2600::1'), isPublicIP('fe80::1'), isPublicIP('x'))", "100" },
    };
    expect_values(cases, COUNT_OF(cases));
}
END_TEST

START_TEST(periods_of_the_calendar_begin_with_it)
{
    static const struct expected cases[] = {
        { "bin(1mo)", "2025-10-01 00:00:00.000" },
        { "bin(1month)", "2025-10-01 00:00:00.000" },
        { "bin(6mons)", "2025-07-01 00:00:00.000" },
        { "bin(1q)", "2025-10-01 00:00:00.000" },
        { "bin(2qtrs)", "2025-07-01 00:00:00.000" },
        { "bin(1y)", "2025-01-01 00:00:00.000" },
        { "bin(1yr)", "2025-01-01 00:00:00.000" },
        { "dateceil(@timestamp, 1mo)", "2025-11-01 00:00:00.000" },
        { "dateceil(fromMillis(1759276800000), 1mo)", "2025-10-01 00:00:00.000" },
        { "datefloor(fromMillis(-1), 1q)", "1969-10-01 00:00:00.000" },
        { "concat(bin(0mo), bin(1mo + 1), 1mo, 1mo * 2, dateceil('x', 1y))", "" },
        { "if(1mo, 'true', 'false')", "false" },
        { "concat(datefloor(1e300, 1mo), fromMillis(1e300), datefloor(1e300, 1d))", "" },
    };
    expect_values(cases, COUNT_OF(cases));
}
END_TEST

START_TEST(times_are_printed_and_read)
{
    static const struct expected cases[] = {
        { "formatDate(@timestamp, '%Y-%m-%d')", "2025-10-20" },
        { "strftime(@timestamp, '%d/%b/%y %I:%M:%S %p %z', 'UTC')", "20/Oct/25 10:04:05 AM +0000" },
        { "formatDate(@timestamp, '%A %a %B %j %u %H', 'America/New_York')",
          "Monday Mon October 293 1 06" },
        { "formatDate(@timestamp, '%F %T %z %%', 'Europe/Berlin')", "2025-10-20 12:04:05 +0200 %" },
        { "formatDate(@timestamp, '%s %Q %')", "1760954645 %Q %" },
        { "formatDate(0, '%Y')", "1970" },
        { "formatDate(fromMillis(1761436800000), '%u %w %A %I %p')", "7 0 Sunday 12 AM" },
        { "formatDate(@timestamp, '%H:%M %z', 'Asia/Kolkata')", "15:34 +0530" },
        { "formatDate(@timestamp, '%H:%M %z', 'America/St_Johns')", "07:34 -0230" },
        { "parseDate('Wed 1 Jan 2025', 'EEE d MMM yyyy')", "1735689600000" },
        { "coalesce(formatDate(nope, '%Y'), formatDate(@timestamp, '%Y', 'Nowhere'), 'none')",
          "none" },
        { "parseDate('2025-10-20', 'yyyy-MM-dd', 'UTC')", "1760918400000" },
        { "parseDate(when, \"yyyy-MM-dd'T'HH:mm:ss.SSSXXX\")", "1760945400250" },
        { "parseDate('20/Oct/2025:10:04:05 -0130', 'dd/MMM/yyyy:HH:mm:ss Z')", "1760960045000" },
        { "parseDate('Mon, 6 October 25 1:02 pm', 'EEE, d MMMM yy h:mm a')", "1759755720000" },
        { "parseDate('12:30 am 2025', 'h:mm a yyyy')", "1735691400000" },
        { "parseDate('2025-07-01 12', 'yyyy-MM-dd HH', 'America/New_York')", "1751385600000" },
        { "parseDate('2025-10-20T00Z', \"yyyy-MM-dd'T'HHX\", 'Asia/Tokyo')", "1760918400000" },
        { "parseDate(\"2025 o'clock\", \"yyyy 'o''clock'\")", "1735689600000" },
        { "coalesce(parseDate('2025-02-30', 'yyyy-MM-dd'), parseDate('2025-13-01', 'yyyy-MM-dd'), "
          "parseDate('2025-1-01', 'yyyy-MM-dd'), parseDate('2025-10-20x', 'yyyy-MM-dd'), "
          "parseDate('2025-10', 'yyyy-MM-dd'), parseDate('10:00', 'HH:mm'), "
          "parseDate('2025 24', 'yyyy HH'), parseDate('2025 0 AM', 'yyyy h a'), "
          "parseDate('2025 UTC', 'yyyy z'), parseDate('2025', '[yyyy]'), "
          "parseDate('2025', 'yyyy', 'Nowhere'), parseDate(nope, 'yyyy'), 'none')",
          "none" },
        { "now()", "1760955000" },
        { "queryStartTime()", "1760951400000" },
        { "queryEndTime()", "1760955000000" },
        { "queryTimeRange()", "3600000" },
    };
    expect_values(cases, COUNT_OF(cases));
}
END_TEST

START_TEST(places_are_kilometres_apart)
{
    static const struct expected cases[] = {
        { "round(haversine(51.5074, -0.1278, 48.8566, 2.3522))", "344" },
        { "haversine(1, 2, 1, 2)", "0" },
        { "round(haversine(0, 0, 0, 180))", "20015" },
        { "coalesce(haversine(nope, 0, 0, 0), 'none')", "none" },
    };
    expect_values(cases, COUNT_OF(cases));
}
END_TEST

START_TEST(where_is_filter)
{
    struct error error = { 0 };
    insights_query_destroy(insights_test_parse("where /x/ = 1", &error));
    error_clear(&error);
    struct insights_query *query =
        insights_test_parse("where @message like /info/ | where n > 1", &error);
    ck_assert_msg(query, "%s", error.message);
    insights_query_destroy(query);
}
END_TEST

START_TEST(what_cannot_be_called_is_told)
{
    static const struct insights_refusal refusals[] = {
        { "fields regexReplace(a, '(', 'b')", "invalid regular expression /(/" },
        { "fields regexReplace(a, b, 'c')", "a regular expression in quotes" },
        { "fields regexReplace(a, 'b')", "another number of arguments" },
        { "fields now(1)", "another number of arguments" },
        { "fields queryStartTime(a)", "another number of arguments" },
        { "fields isReservedIP(a)", "found isReservedIP at line 1 and position 7" },
        { "fields bin(1.5mo)", "unexpected symbol" },
        { "fields bin(1mos2)", "unexpected symbol" },
        { "fields haversine(1, 2, 3)", "another number of arguments" },
    };
    insights_test_refusals(refusals, COUNT_OF(refusals));
}
END_TEST

SUITE("insights_functions", texts_are_cut_and_replaced, numbers_are_computed,
      texts_are_encoded_and_decoded, addresses_are_told_apart,
      periods_of_the_calendar_begin_with_it, times_are_printed_and_read,
      places_are_kilometres_apart, where_is_filter, what_cannot_be_called_is_told)
