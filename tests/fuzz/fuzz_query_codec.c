/* Form parameters of the services that speak awsQuery: the first byte is the service, the second
 * its operation. What is read can be printed as XML, in which no byte is raw that must not be. */
#include "cloudwatch/cloudwatch.h"
#include "edge/codec.h"
#include "iam/iam.h"
#include "sts/sts.h"
#include "support/fuzz_call.h"
#include "url.h"

static const struct service *const services[] = { &cloudwatch_service, &sts_service, &iam_service };

static void check_xml(struct text xml)
{
    fuzz_assert(text_is_utf8(xml, NULL));
    for (size_t i = 0; i < xml.size; i++) {
        unsigned char byte = (unsigned char)xml.data[i];
        fuzz_assert(byte >= 0x20 || byte == '\n' || byte == '\t' || byte == '\r');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call call = { 0 };
    if (size < 2)
        return 0;
    struct text bytes = { (const char *)data + 1, size - 1 };
    const struct service *service = services[data[0] % COUNT_OF(services)];
    if (fuzz_call_read(&call, service, query_codec_decode, &bytes)) {
        const struct operation echo = { .name = "Echo", .output = call.operation->input };
        struct buffer buffer = { 0 };
        query_codec_encode(service, &echo, call.input, "r-1", &buffer);
        check_xml(buffer_text(&buffer));
        buffer_clear(&buffer);
    }
    struct arena arena = { 0 };
    url_parameter_decoded(bytes, "Action", true, &arena);
    arena_clear(&arena);
    call_discard(&call);
    return 0;
}
