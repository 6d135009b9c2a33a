/*
 * Bodies in REST-JSON and awsJson: the first byte is the service, the second its operation. What is
 * read is written and read again as the same.
 */
#include "cloudwatch/cloudwatch.h"
#include "edge/codec.h"
#include "lambda/lambda.h"
#include "logs/logs.h"
#include "support/fuzz_call.h"

static const struct service *const services[] = { &lambda_service, &cloudwatch_service,
                                                  &logs_service };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call call;
    if (size < 2)
        return 0;
    struct text bytes = { (const char *)data + 1, size - 1 };
    const struct service *service = services[data[0] % COUNT_OF(services)];
    if (fuzz_call_read(&call, service, json_codec_decode, &bytes)) {
        struct buffer buffer = { 0 };
        json_codec_encode(call.operation->input, call.input, &buffer);
        fuzz_reads_again(&call, json_codec_decode, buffer_text(&buffer));
        buffer_clear(&buffer);
    }
    call_discard(&call);
    return 0;
}
