/* CBOR bodies of CloudWatch: the first byte is the operation. What is read is written and read
 * again as the same. */
#include "cloudwatch/cloudwatch.h"
#include "edge/codec.h"
#include "support/fuzz_call.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call call = { 0 };
    struct text bytes = { (const char *)data, size };
    if (fuzz_call_read(&call, &cloudwatch_service, cbor_codec_decode, &bytes)) {
        struct buffer buffer = { 0 };
        cbor_codec_encode(call.operation->input, call.input, &buffer);
        fuzz_reads_again(&call, cbor_codec_decode, buffer_text(&buffer));
        buffer_clear(&buffer);
    }
    call_discard(&call);
    return 0;
}
