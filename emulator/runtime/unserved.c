/*
 * The end of an invocation that never ran: its log is the frame alone.
 */
#include <stdlib.h>

#include "clock.h"
#include "runtime/conclusion.h"
#include "runtime/function_log.h"
#include "runtime/job.h"

void job_end_unserved(struct job *job, const struct sandbox_plan *plan)
{
    struct function_log log = { 0 };
    struct text request_id = job->event.request_id;
    struct conclusion conclusion = conclusion_exit(request_id, "Runtime.ExitError",
                                                   "the emulator stopped before it could run");
    struct function_report report = { .request_id = request_id,
                                      .version = plan->version,
                                      .init_ms = -1,
                                      .memory_mb = plan->memory_mb,
                                      .status = conclusion.status,
                                      .error_type = conclusion.error_type,
                                      .remark = conclusion.remark };
    struct text text = function_log_finish(&log, &report, FUNCTION_LOG_REST_IS_ITS);
    struct invocation_result result = {
        .end = conclusion.end,
        .payload = conclusion.owned,
        .payload_size = conclusion.payload.size,
        .error_type = conclusion.error_type,
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
    conclusion_clear(&conclusion);
    free(job);
}
