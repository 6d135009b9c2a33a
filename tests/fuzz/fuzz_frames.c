/* What a function process sends on descriptor 4: frames, or the end of what can be understood. */
#include <fcntl.h>
#include <unistd.h>

#include "runtime/frames.h"
#include "support/fuzz.h"

enum { BODY_MAX = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int ends[2];
    struct frame frame;
    struct frame_reader reader = { .body_max = BODY_MAX };
    fuzz_assert(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    fuzz_assert(write(ends[1], data, size) == (ssize_t)size);
    close(ends[1]);
    enum frame_read outcome;
    while ((outcome = frame_reader_next(&reader, ends[0], &frame)) == FRAME_READ_WHOLE)
        fuzz_assert(frame.is_oversized ? frame.body.size == 0 : frame.body.size <= BODY_MAX);
    fuzz_assert(outcome == FRAME_READ_END);
    frame_reader_clear(&reader);
    close(ends[0]);
    return 0;
}
