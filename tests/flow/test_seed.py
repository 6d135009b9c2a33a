"""--seed: a script that runs again on a new server meets the same ids."""
from tests.conftest import Http
from tests.support.packages import create, node

OPTIONS = ("--seed", "7", "--clock", "2026-01-01T00:00:00Z")
GROUP = "/aws/lambda/f"


def id_of(answer):
    return answer["ResponseMetadata"]["RequestId"]


def test_what_goes_on_beside_calls_changes_none_of_their_ids(start_server):
    """Environments have keys, and invocations traces: how many there are is a matter of speed."""
    def run(body):
        server = start_server(*OPTIONS)
        lam = server.client("lambda")
        create(lam, "f", node(body))
        for _ in range(5):
            lam.invoke(FunctionName="f", InvocationType="Event")
        Http(server.port).json("POST", "/_coalmine/clock", {"advance": "10m"})
        return id_of(lam.list_functions()), lam.publish_version(FunctionName="f")["RevisionId"]
    assert run("return 1") == run("process.exit(1)")


def test_a_script_finds_its_logs_by_the_same_names(start_server):
    def run():
        server = start_server(*OPTIONS)
        lam, logs = server.client("lambda"), server.client("logs")
        create(lam, "f")
        logs.create_log_group(logGroupName="own")
        logs.create_log_stream(logGroupName="own", logStreamName="own")
        logs.put_log_events(logGroupName="own", logStreamName="own",
                            logEvents=[{"timestamp": 1767225600000, "message": "m"}])
        found = []
        for _ in range(3):
            answer = lam.invoke(FunctionName="f")
            found.append(answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-trace-id"])
        for group in GROUP, "own":
            found += [(event["eventId"], event["logStreamName"]) for event in
                      logs.filter_log_events(logGroupName=group)["events"]]
        return found
    first = run()
    assert len(first) > 3 + 3 * 3 and first == run()
