/*
 * The end of an invocation that never ran: its log is the frame alone.
 */
#include <stdlib.h>

#include "clock.h"
#include "runtime/function_log.h"
#include "runtime/job.h"
#include "runtime/outcome.h"

void job_end_unserved(struct job *job, const struct sandbox_plan *plan)
{
    struct function_log log = { 0 };
    struct text request_id = job->event.request_id;
    struct outcome outcome =
        outcome_exit(request_id, "Runtime.ExitError", "the emulator stopped before it could run");
    struct function_report report = { .request_id = request_id,
                                      .version = plan->version,
                                      .init_ms = -1,
                                      .memory_mb = plan->memory_mb,
                                      .status = outcome.status,
                                      .error_type = outcome.error_type,
                                      .remark = outcome.remark };
    struct text text = function_log_finish(&log, &report, FUNCTION_LOG_REST_IS_ITS);
    struct invocation_result result = {
        .end = outcome.end,
        .payload = outcome.owned,
        .payload_size = outcome.payload.size,
        .error_type = outcome.error_type,
        .init_ms = -1,
        .started_ms = clock_now_ms(),
        .log = (char *)text.data,
        .log_size = text.size,
        .log_marks = &log.texts,
        .init_log_marks = &log.inits,
        .init_log = TEXT(""),
        .log_stream = "",
    };
    job->on_done(&result, job->owner);
    function_log_clear(&log);
    outcome_clear(&outcome);
    free(job);
}
