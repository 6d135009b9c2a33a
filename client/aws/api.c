#include "aws/api.h"

#include <stdlib.h>
#include <strings.h>

#include "aws/backoff.h"
#include "aws/http.h"
#include "clock.h"
#include "random.h"
#include "sigv4.h"
#include "timestamp.h"
#include "version.h"
#include "xalloc.h"

enum { REFRESH_BEFORE_MS = 120000, RENEW_US = 5000000 };
enum { RENEW_PATIENCE_US = 10000000, RENEW_AGAIN_US = 30000000 };
enum { PATIENCE_US = 600000000, TOLD_FIRST_US = 2000000, TOLD_AGAIN_US = 60000000, NAP_MS = 50 };
enum { US_PER_MS = 1000, US_PER_S = 1000000, MS_PER_S = 1000, STATUS_BUSY = 503 };
enum { DATE_TOLERANCE_MS = 2000 };
enum { STOOD_STILL_US = 3000000 }; /* libcurl tells of progress each second */
enum { SILENCE_S = 60, CONNECT_TIMEOUT_MS = 10000, BODY_MAX = 64 << 20, HEADERS_MAX = 8 };

void api_init(struct api *api, struct profile *profile)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    api->profile = *profile;
    api->jitter = random_stream_for("backoff");
    api->contact = (struct contact){ 0 };
    api->aws_ahead_ms = 0;
    api->renewals = 0;
    api->renewal_us = 0;
    api->renew_next_us = 0;
    api->patient_until_us = 0;
    api->was_throttled = false;
    api->on_throttled = NULL;
    *profile = (struct profile){ 0 };
    api->handle = curl_easy_init();
    if (!api->handle)
        abort();
}

void api_copy(struct api *copy_out, const struct api *api)
{
    struct profile profile = profile_copy(&api->profile);
    api_init(copy_out, &profile);
}

void api_clear(struct api *api)
{
    if (!api->handle)
        return;
    curl_easy_cleanup(api->handle);
    profile_clear(&api->profile);
    curl_global_cleanup();
    api->handle = NULL;
}

static size_t on_body(char *data, size_t size, size_t count, void *owner)
{
    struct api_response *response = owner;
    return buffer_add(&response->body, data, size * count) ? size * count : 0;
}

/* The header's value if it has that name, trimmed; else a text with data NULL. */
static struct text header_value(struct text line, const char *name)
{
    struct text value = line;
    struct text key = text_cut(&value, ':');
    if (key.size != strlen(name) || strncasecmp(key.data, name, key.size) != 0 || !value.data)
        return (struct text){ NULL, 0 };
    return text_trimmed(value);
}

static size_t on_header(char *data, size_t size, size_t count, void *owner)
{
    struct api_response *response = owner;
    struct text line = { data, size * count };
    struct text version = header_value(line, "X-Amz-Executed-Version");
    struct text code = header_value(line, "x-amzn-ErrorType");
    struct text date = header_value(line, "Date");
    if (version.data)
        snprintf(response->executed_version, sizeof(response->executed_version), "%.*s",
                 TEXT_ARGS(version));
    if (header_value(line, "X-Amz-Function-Error").data)
        response->is_function_error = true;
    if (date.data) {
        CLEANUP(freep) char *text = xstrndup(date.data, date.size);
        time_t time_s = curl_getdate(text, NULL);
        response->date_ms = time_s > 0 ? (int64_t)time_s * MS_PER_S : 0;
    }
    if (code.data) {
        free(response->error_code);
        response->error_code = xstrndup(code.data, code.size);
        response->error_code[strcspn(response->error_code, ":")] = '\0';
    }
    return size * count;
}

/* The headers that are signed, in order of name. */
static size_t list_headers(const struct api *api, const struct api_request *request,
                           const char *host, const char *date,
                           struct sigv4_header headers_out[HEADERS_MAX])
{
    size_t count = 0;
    const char *json = request->target ? "application/x-amz-json-1.0" : "application/json";
    headers_out[count++] =
        (struct sigv4_header){ "content-type",
                               request->content_type ? request->content_type : json };
    headers_out[count++] = (struct sigv4_header){ "host", host };
    headers_out[count++] = (struct sigv4_header){ "x-amz-date", date };
    if (api->profile.session_token)
        headers_out[count++] =
            (struct sigv4_header){ "x-amz-security-token", api->profile.session_token };
    if (request->target)
        headers_out[count++] = (struct sigv4_header){ "x-amz-target", request->target };
    return count;
}

static struct curl_slist *add_header(struct curl_slist *list, const char *name, const char *value)
{
    CLEANUP(freep) char *line = xformat("%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(list, line);
    if (!longer)
        abort();
    return longer;
}

static const char *const service_names[] = {
    [API_LAMBDA] = "lambda", [API_CLOUDWATCH] = "monitoring", [API_STS] = "sts"
};

static const char *endpoint_of(const struct profile *profile, enum api_service service)
{
    return service == API_LAMBDA       ? profile->lambda_endpoint
           : service == API_CLOUDWATCH ? profile->cloudwatch_endpoint
                                       : profile->sts_endpoint;
}

/* `path` is the endpoint's own and the request's. */
static struct curl_slist *sign(const struct api *api, const struct api_request *request,
                               const char *host, const char *path)
{
    char date[TIMESTAMP_SIZE];
    char hash[SHA256_HEX_SIZE];
    struct sigv4_header headers[HEADERS_MAX];
    int64_t now_ms = clock_true_ms();
    crypto_sha256_hex(request->body, hash);
    timestamp_print(now_ms, TIMESTAMP_BASIC, date);
    struct sigv4_request to_sign = {
        .method = request->method,
        .path = text_from(path),
        .query = text_from(request->query ? request->query : ""),
        .headers = headers,
        .header_count = list_headers(api, request, host, date, headers),
        .payload_hash = hash,
        .time_ms = now_ms,
        .region = api->profile.region,
        .service = service_names[request->service],
    };
    struct curl_slist *list = NULL;
    const struct sigv4_credentials credentials = { api->profile.access_key_id,
                                                   api->profile.secret_access_key,
                                                   api->profile.session_token };
    CLEANUP(buffer_clear) struct buffer authorization = { 0 };
    if (!request->is_unsigned) {
        sigv4_authorization(&to_sign, &credentials, &authorization);
        list = add_header(NULL, "Authorization", authorization.data);
    }
    for (size_t i = 0; i < to_sign.header_count; i++)
        list = add_header(list, headers[i].name, headers[i].value);
    return add_header(list, "Expect", ""); /* libcurl would wait for 100-continue */
}

/* A package may take longer than any answer, on a slow line: something must move, then. */
static void limit_time(CURL *handle, long timeout_ms)
{
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, timeout_ms);
    if (timeout_ms)
        return;
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, (long)SILENCE_S);
}

/* Sets up a handle for the request, signed now. The header list lives until the transfer ends and
 * is freed by the caller with curl_slist_free_all(). */
static struct curl_slist *prepare(const struct api *api, CURL *handle,
                                  const struct api_request *request, struct api_response *response)
{
    const char *endpoint = endpoint_of(&api->profile, request->service);
    const char *host = strstr(endpoint, "://");
    host = host ? host + 3 : endpoint;
    size_t host_size = strcspn(host, "/");
    CLEANUP(freep) char *host_only = xstrndup(host, host_size);
    CLEANUP(freep) char *path = xformat("%s%s", host + host_size, request->path);
    CLEANUP(freep)
    char *url = xformat("%s%s%s%s", endpoint, request->path, request->query ? "?" : "",
                        request->query ? request->query : "");
    struct curl_slist *headers = sign(api, request, host_only, path);
    curl_easy_reset(handle); /* keeps the connections */
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request->method);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "canary/" COALMINE_VERSION);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    limit_time(handle, request->timeout_ms);
    http_trust(handle, api->profile.authorities);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, response);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, response);
    if (request->body.size || strcmp(request->method, "GET") != 0) {
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
        curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS,
                         request->body.data ? request->body.data : "");
    }
    return headers;
}

struct text xml_element(struct text xml, const char *name)
{
    CLEANUP(freep) char *open = xformat("<%s>", name);
    const char *from = xml.size ? memmem(xml.data, xml.size, open, strlen(open)) : NULL;
    if (!from)
        return TEXT("");
    struct text rest = { from + strlen(open), 0 };
    rest.size = xml.size - (size_t)(rest.data - xml.data);
    return text_cut(&rest, '<');
}

/* STS alone speaks XML, with its errors too. */
static void take_xml_error(struct api_response *response)
{
    struct text code = xml_element(buffer_text(&response->body), "Code");
    struct text message = xml_element(buffer_text(&response->body), "Message");
    if (code.size && !response->error_code)
        response->error_code = xstrndup(code.data, code.size);
    if (code.size && message.size)
        response->message = xstrndup(message.data, message.size);
}

/* After the transfer: status, error code and message. `detail` is what libcurl says of a failure,
 * with the host that it could not reach; or "". */
static void finish(CURL *handle, CURLcode code, const char *detail, struct api_response *response)
{
    response->curl_code = code;
    response->status = 0;
    curl_off_t retry_after_s = 0;
    if (code == CURLE_OK) {
        curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &response->status);
        curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &retry_after_s);
    }
    response->retry_after_ms = retry_after_s * MS_PER_S;
    if (code == CURLE_OK && response->status < 400)
        return;
    CLEANUP(json_deletep) cJSON *tree = api_response_json(response);
    const char *type = json_text(tree, "__type", NULL);
    const char *message = json_text(tree, "message", json_text(tree, "Message", NULL));
    if (type && !response->error_code) {
        const char *hash = strchr(type, '#');
        response->error_code = xstrdup(hash ? hash + 1 : type);
    }
    if (!tree && code == CURLE_OK)
        take_xml_error(response);
    if (response->message)
        return;
    response->message = xstrdup(code == CURLE_ABORTED_BY_CALLBACK ? "it was interrupted"
                                : code != CURLE_OK ? (*detail ? detail : curl_easy_strerror(code))
                                : message          ? message
                                                   : "no message");
}

static void perform(CURL *handle, struct api_response *response_out)
{
    char detail[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, detail);
    CURLcode code = curl_easy_perform(handle);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, NULL);
    finish(handle, code, detail, response_out);
}

void api_response_clear(struct api_response *response)
{
    buffer_clear(&response->body);
    free(response->error_code);
    free(response->message);
    *response = (struct api_response){ 0 };
}

cJSON *api_response_json(const struct api_response *response)
{
    return json_parse(buffer_text(&response->body));
}

/* Invoke's 503 may have run the function, and is no limit of ours. */
static bool is_throttled(const struct api_request *request, const struct api_response *response)
{
    return response->status == 429 ||
           (response->status == STATUS_BUSY && !request->is_retried_on_throttling_only) ||
           (response->error_code && strstr(response->error_code, "Throttl"));
}

static bool is_worth_a_retry(const struct api_request *request, const struct api_response *response)
{
    if (response->is_throttled || response->curl_code == CURLE_COULDNT_CONNECT)
        return true;
    if (request->is_retried_on_throttling_only)
        return false;
    if (response->error_code && strcmp(response->error_code, "IDPCommunicationError") == 0)
        return true; /* STS could not reach who signed the web identity */
    return response->status == 0 || response->status == 500 || response->status == 502 ||
           response->status == 504;
}

/* Was it taken, and not refused? What only asks does nothing. */
static bool may_be_done(const struct api_request *request, const struct api_response *response)
{
    if (strcmp(request->method, "GET") == 0)
        return false;
    return response->status >= 500 ||
           (response->status == 0 && response->curl_code != CURLE_COULDNT_CONNECT &&
            response->curl_code != CURLE_COULDNT_RESOLVE_HOST);
}

/* True if they are others now. Nobody may wait long, in the midst of a step, nor have it tried at
 * each call while there is no use in it. */
static bool refresh(struct api *api)
{
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(freep) char *old_key = xstrdup(api->profile.access_key_id);
    const struct patience patience = { api_is_stopped(api) ? NULL : api->should_stop, api->owner,
                                       clock_monotonic_us() + RENEW_PATIENCE_US };
    bool is_new = profile_refresh(&api->profile, &patience, &error) &&
                  strcmp(old_key, api->profile.access_key_id) != 0;
    api->renewals += is_new;
    api->renew_next_us = is_new ? 0 : clock_monotonic_us() + RENEW_AGAIN_US;
    return is_new;
}

/* If that fails, AWS will say what is wrong with the old ones. */
static void renew(struct api *api)
{
    if (api->profile.expires_ms && clock_true_ms() >= api->profile.expires_ms - REFRESH_BEFORE_MS &&
        clock_monotonic_us() >= api->renew_next_us)
        refresh(api);
}

/* AWS calls them expired, though nobody has told when they would be; or its clock is ahead. Who
 * keeps them in a file may have put newer ones there. */
static bool renew_expired(struct api *api, const struct api_response *response)
{
    bool is_expired =
        response->error_code && strncmp(response->error_code, "ExpiredToken", 12) == 0;
    return is_expired && api->profile.is_renewable && refresh(api);
}

void api_renew_in_time(struct api *api)
{
    int64_t now_us = clock_monotonic_us();
    if (now_us - api->renewal_us < RENEW_US)
        return;
    api->renewal_us = now_us;
    renew(api);
}

bool api_is_stopped(const struct api *api)
{
    return api->should_stop && api->should_stop(api->owner);
}

void api_note_awake(struct api *api)
{
    int64_t now_us = clock_monotonic_us();
    if (now_us - api->awake_us > STOOD_STILL_US)
        api->woken_us = now_us;
    api->awake_us = now_us;
}

static int on_progress(void *owner, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    api_note_awake(owner);
    return api_is_stopped(owner);
}

static void let_stop(struct api *api)
{
    curl_easy_setopt(api->handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(api->handle, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(api->handle, CURLOPT_XFERINFODATA, api);
}

/* One call, from its first try on. */
struct attempt {
    const struct api_request *request;
    struct backoff backoff;
    bool may_be_stopped; /* the user does not want to stop yet */
    bool was_maybe_done;
    bool was_renewed;
    int64_t begun_us;
    int64_t told_us; /* when it was last told that it is throttled; 0: not yet */
};

static struct attempt begin(struct api *api, const struct api_request *request)
{
    int64_t now_us = clock_monotonic_us();
    int64_t until_us = api->patient_until_us ? api->patient_until_us : now_us + PATIENCE_US;
    if (request->is_retried_on_throttling_only)
        until_us = 0;
    return (struct attempt){ .request = request,
                             .backoff = { .jitter = &api->jitter, .patient_until_us = until_us },
                             .may_be_stopped = !api_is_stopped(api),
                             .begun_us = now_us };
}

int64_t api_aws_now_ms(const struct api *api)
{
    return api->aws_ahead_ms ? clock_elapsed_ms() + api->aws_ahead_ms : clock_true_ms();
}

/* Some time between the sending and the answer it was that second for AWS. What is known already,
 * from the machine's clock at first, is kept as long as it may be so. */
static void note_date(struct api *api, const struct api_response *response, int64_t sent_ms)
{
    int64_t now_ms = clock_elapsed_ms();
    int64_t least_ms = response->date_ms - now_ms - DATE_TOLERANCE_MS;
    int64_t most_ms = response->date_ms + MS_PER_S - sent_ms + DATE_TOLERANCE_MS;
    int64_t ahead_ms = api_aws_now_ms(api) - now_ms;
    if (ahead_ms < least_ms || ahead_ms > most_ms)
        ahead_ms = least_ms + (most_ms - least_ms) / 2;
    api->aws_ahead_ms = ahead_ms;
}

/* True if a 2xx came. */
static bool try_once(struct api *api, struct attempt *attempt, struct api_response *response_out)
{
    *response_out = (struct api_response){ 0 };
    buffer_init(&response_out->body, BODY_MAX);
    struct curl_slist *headers = prepare(api, api->handle, attempt->request, response_out);
    if (attempt->may_be_stopped && !attempt->request->is_never_stopped)
        let_stop(api);
    int64_t sent_ms = clock_elapsed_ms();
    perform(api->handle, response_out);
    curl_slist_free_all(headers);
    if (response_out->status)
        api->contact = (struct contact){ .answered_us = clock_monotonic_us() };
    if (response_out->status >= 200 && response_out->status < 300) {
        if (response_out->date_ms)
            note_date(api, response_out, sent_ms);
        return true;
    }
    response_out->is_throttled = is_throttled(attempt->request, response_out);
    attempt->was_maybe_done |= may_be_done(attempt->request, response_out);
    response_out->may_be_done = attempt->was_maybe_done;
    return false;
}

/* A wait of seconds wants a reason. */
static void tell_throttling(struct api *api, struct attempt *attempt,
                            const struct api_response *response, int64_t wait_ms)
{
    int64_t now_us = clock_monotonic_us();
    int64_t until_us = now_us + (response->retry_after_ms ? wait_ms * US_PER_MS : 0);
    bool is_due = attempt->told_us ? now_us - attempt->told_us >= TOLD_AGAIN_US
                                   : until_us - attempt->begun_us >= TOLD_FIRST_US;
    if (!is_due || !response->is_throttled || !api->on_throttled)
        return;
    const char *operation = attempt->request->operation;
    CLEANUP(freep) char *status = xformat("HTTP status %ld", response->status);
    CLEANUP(freep)
    char *what =
        xformat("AWS throttles %s (%s: %s) for %lld s now", operation ? operation : "a call",
                response->error_code ? response->error_code : status,
                response->message ? response->message : "no message",
                (long long)((now_us - attempt->begun_us) / US_PER_S));
    CLEANUP(freep)
    char *sentence = response->retry_after_ms
                         ? xformat("%s: it is tried again in %lld s, as AWS asks", what,
                                   (long long)((wait_ms + MS_PER_S - 1) / MS_PER_S))
                         : xformat("%s: it is tried again and again", what);
    api->on_throttled(sentence, api->throttled_owner);
    attempt->told_us = now_us;
}

/* False once the user wants to stop, unless a change may have been made: only its own answer tells
 * then. In naps, as not every stop is a signal, and a signal may come just before a sleep. */
static bool wait_for(struct api *api, const struct attempt *attempt, int64_t wait_ms)
{
    int64_t until_us = clock_monotonic_us() + wait_ms * US_PER_MS;
    bool is_stoppable =
        attempt->may_be_stopped && !(attempt->request->is_never_stopped && attempt->was_maybe_done);
    for (;;) {
        int64_t left_ms = (until_us - clock_monotonic_us() + US_PER_MS - 1) / US_PER_MS;
        api_note_awake(api);
        if (is_stoppable && api_is_stopped(api))
            return false;
        if (left_ms <= 0)
            return true;
        clock_sleep_ms(left_ms < NAP_MS ? left_ms : NAP_MS);
    }
}

static bool call(struct api *api, const struct api_request *request,
                 struct api_response *response_out)
{
    struct attempt attempt = begin(api, request);
    while (!try_once(api, &attempt, response_out)) {
        bool is_renewed = !attempt.was_renewed && renew_expired(api, response_out);
        attempt.was_renewed |= is_renewed;
        if (!is_renewed && !is_worth_a_retry(request, response_out))
            return false;
        int64_t wait_ms = backoff_next_ms(&attempt.backoff, response_out->is_throttled,
                                          response_out->retry_after_ms, clock_monotonic_us());
        if (wait_ms < 0)
            return false;
        tell_throttling(api, &attempt, response_out, wait_ms);
        if (!wait_for(api, &attempt, wait_ms))
            return false;
        api_response_clear(response_out);
    }
    return true;
}

bool api_call(struct api *api, const struct api_request *request, struct api_response *response_out)
{
    renew(api);
    if (!api->contact.asked_us)
        api->contact.asked_us = clock_monotonic_us();
    bool is_good = call(api, request, response_out);
    api->was_throttled = !is_good && response_out->is_throttled;
    return is_good;
}

/* AWS takes no signature that is five minutes from its own time. */
static bool is_out_of_time(const char *message)
{
    return strstr(message, "Signature expired") || strstr(message, "Signature not yet current");
}

bool api_failure(const struct api_response *response, const char *doing, struct error *error)
{
    if (response->curl_code == CURLE_ABORTED_BY_CALLBACK)
        return error_set(error, NULL, "cannot %s: it was interrupted", doing);
    if (response->status == 0)
        return error_set(error, NULL,
                         "cannot %s: no answer (%s). Is the endpoint right, and "
                         "does it run?",
                         doing, response->message ? response->message : "");
    CLEANUP(freep) char *status = xformat("HTTP status %ld", response->status);
    const char *message = response->message ? response->message : "no message";
    return error_set(error, NULL, "cannot %s: %s: %s%s", doing,
                     response->error_code ? response->error_code : status, message,
                     is_out_of_time(message) ? " Is this machine's clock right?" : "");
}
