"""Saved queries: PutQueryDefinition and its siblings."""
import uuid

import pytest

from tests.conftest import Http
from tests.support.errors import error_of
from tests.support.logs import call_logs

QUERY = "fields @timestamp, @message | sort @timestamp desc | limit 20"
NO_DEFINITION = (400, "ResourceNotFoundException",
                 "The specified query definition does not exist.")


def account_of(name):
    """That of no other test, and not the one that is everybody's."""
    return f"{int(name[1:].split('-')[0]) + 1:012}"


@pytest.fixture
def other(server, name):
    """An account that no other test saves queries in."""
    return server.client("logs", key=account_of(name))


def shown(logs, **search):
    return logs.describe_query_definitions(**search)["queryDefinitions"]


def names(logs, **search):
    return [each["name"] for each in shown(logs, **search)]


def test_a_query_is_saved_with_the_cli(cli, name):
    made = cli("logs", "put-query-definition", "--name", f"{name}/errors", "--query-string", QUERY,
               "--log-group-names", "/aws/lambda/f", "g").json
    assert uuid.UUID(made["queryDefinitionId"])
    [item] = cli("logs", "describe-query-definitions", "--query-definition-name-prefix",
                 f"{name}/").json["queryDefinitions"]
    assert item.pop("lastModified") > 1.7e12
    assert item.pop("queryLanguage", "CWLI") == "CWLI"  # not every AWS CLI knows it
    assert item == {"queryDefinitionId": made["queryDefinitionId"], "name": f"{name}/errors",
                    "queryString": QUERY, "logGroupNames": ["/aws/lambda/f", "g"]}
    assert cli("logs", "delete-query-definition", "--query-definition-id",
               made["queryDefinitionId"]).json == {"success": True}
    gone = cli("logs", "delete-query-definition", "--query-definition-id",
               made["queryDefinitionId"])
    assert gone.code == 254 and NO_DEFINITION[2] in gone.err


def test_an_update_keeps_nothing_of_what_was(other):
    made = other.put_query_definition(name="a", queryString="fields a", logGroupNames=["g"])
    again = other.put_query_definition(name="b", queryString="fields b",
                                       queryDefinitionId=made["queryDefinitionId"])
    assert again["queryDefinitionId"] == made["queryDefinitionId"]
    [item] = shown(other)
    assert (item["name"], item["queryString"]) == ("b", "fields b")
    assert "logGroupNames" not in item
    assert error_of(other.put_query_definition, name="c", queryString="fields c",
                    queryDefinitionId="none") == NO_DEFINITION


def test_one_request_that_comes_twice_makes_one(http, other, name):
    token = str(uuid.uuid4())
    body = {"name": name, "queryString": QUERY, "clientToken": token}
    first, second = (call_logs(http, "PutQueryDefinition", body)[1] for _ in range(2))
    assert first == second
    _, answer = call_logs(http, "DescribeQueryDefinitions", {"queryDefinitionNamePrefix": name})
    assert len(answer["queryDefinitions"]) == 1
    for _ in range(2):
        other.put_query_definition(name="same", queryString=QUERY)
    assert names(other) == ["same", "same"]


def test_what_newer_clients_give_is_kept(http, name):
    body = {"name": name, "queryString": "filter level = {{level}}", "queryLanguage": "CWLI",
            "logGroupNames": ["arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/f"],
            "parameters": [{"name": "level", "defaultValue": "ERROR", "description": "d"}]}
    _, made = call_logs(http, "PutQueryDefinition", body)
    call_logs(http, "PutQueryDefinition", {"name": f"{name}-sql", "queryString": "SELECT 1",
                                           "queryLanguage": "SQL"})
    _, answer = call_logs(http, "DescribeQueryDefinitions", {
        "queryDefinitionNamePrefix": name, "queryLanguage": "CWLI"})
    [item] = answer["queryDefinitions"]
    assert item.pop("lastModified") and item == {**body, **made}


def walk(logs):
    """Pages of two; boto3 has no paginator here."""
    pages, token = [], {}
    while True:
        answer = logs.describe_query_definitions(maxResults=2, **token)
        pages.append(answer["queryDefinitions"])
        if "nextToken" not in answer:
            return pages
        token = {"nextToken": answer["nextToken"]}


def test_pages_are_in_order_of_names(other):
    for each in ("b", "a", "B", "b", "ab"):
        other.put_query_definition(name=each, queryString=QUERY)
    pages = walk(other)
    assert [[each["name"] for each in page] for page in pages] == [["B", "a"], ["ab", "b"], ["b"]]
    assert len({each["queryDefinitionId"] for page in pages for each in page}) == 5
    assert names(other, queryDefinitionNamePrefix="a") == ["a", "ab"]
    assert error_of(other.describe_query_definitions, nextToken="?") == (
        400, "InvalidParameterException", "The specified nextToken is invalid.")


def test_accounts_and_regions_have_their_own(server, other, logs):
    made = other.put_query_definition(name="mine", queryString=QUERY)["queryDefinitionId"]
    assert names(other) == ["mine"]
    assert "mine" not in names(logs)
    for client in (logs, server.client("logs", "eu-west-1", key="000000000099")):
        assert error_of(client.delete_query_definition, queryDefinitionId=made) == NO_DEFINITION
        assert error_of(client.put_query_definition, queryDefinitionId=made, name="theirs",
                        queryString=QUERY) == NO_DEFINITION
    assert names(other) == ["mine"]


@pytest.mark.parametrize("change, text", [
    ({"name": ""}, "Value '' at 'name' failed to satisfy constraint: Member must have length "
                   "greater than or equal to 1"),
    ({"name": "x" * 256}, "less than or equal to 255"),
    ({"queryString": ""}, "at 'queryString' failed to satisfy constraint"),
    ({"queryString": None}, "Value null at 'queryString' failed to satisfy constraint: Member must "
                            "not be null"),
    ({"queryString": "x" * 10001}, "less than or equal to 10000"),
    ({"clientToken": "short"}, "at 'clientToken' failed to satisfy constraint"),
    ({"queryLanguage": "XQL"}, "Member must satisfy enum value set: [CWLI, SQL, PPL]"),
    ({"logGroupNames": ["a b"]}, "Member must satisfy regular expression pattern"),
    ({"parameters": [{"name": "9"}]}, "Member must satisfy regular expression pattern"),
    ({"parameters": [{"name": "a"}] * 21}, "less than or equal to 20"),
])
def test_what_is_refused(http, change, text):
    status, answer = call_logs(http, "PutQueryDefinition",
                               {"name": "n", "queryString": QUERY, **change})
    assert (status, answer["__type"]) == (400, "InvalidParameterException")
    assert text in answer["message"]


def test_a_thousand_are_the_most(start_server):
    server = start_server()
    logs = server.client("logs")
    for number in range(1000):
        last = logs.put_query_definition(name=f"q{number}", queryString=QUERY)
    assert error_of(logs.put_query_definition, name="more", queryString=QUERY) == (
        400, "LimitExceededException", "Resource limit exceeded.")
    logs.put_query_definition(name="changed", queryString=QUERY, **{
        "queryDefinitionId": last["queryDefinitionId"]})
    assert len(shown(logs)) == 1000
    server.client("logs", "eu-west-1").put_query_definition(name="more", queryString=QUERY)


def test_they_outlive_the_server_and_not_a_reset(start_server, tmp_path):
    def start():
        return start_server("--data-dir", str(tmp_path / "data"), ephemeral=False)

    server = start()
    server.client("logs").put_query_definition(name="kept", queryString=QUERY)
    before = shown(server.client("logs"))
    assert server.stop() == 0
    server = start()
    assert shown(server.client("logs")) == before
    assert Http(server.port).send("POST", "/_coalmine/reset").status == 204
    assert shown(server.client("logs")) == []
