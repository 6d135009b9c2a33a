"""Who may call: signatures with --credentials, origins of browser pages, addresses."""
import subprocess
import urllib.parse
import urllib.request

import boto3
import botocore.config
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.conftest import CANARY, COALMINE, STOP_SECONDS, Http, clean_environment
from tests.support.errors import error_of
from tests.support.packages import create, node

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
MISMATCH = "The request signature we calculated does not match the signature you provided."


@pytest.fixture
def credentials(tmp_path):
    path = tmp_path / "credentials"
    path.write_text(f"[default]\naws_access_key_id={KEY}\naws_secret_access_key={SECRET}\n"
                    "coalmine_account = 123456789012\n"
                    "[temporary]\naws_access_key_id=ASIATEMPORARY\n"
                    "aws_secret_access_key=s\naws_session_token=token+/=\n")
    return str(path)


@pytest.fixture
def guarded(start_server, credentials):
    return start_server("--credentials", credentials)


def client(server, service, key=KEY, secret=SECRET, token=None):
    return boto3.client(service, endpoint_url=server.url, region_name="us-east-1",
                        aws_access_key_id=key, aws_secret_access_key=secret,
                        aws_session_token=token,
                        config=botocore.config.Config(retries={"max_attempts": 0}))


def test_a_good_key_is_admitted_by_every_service(guarded):
    assert client(guarded, "lambda").list_functions()["Functions"] == []
    assert client(guarded, "cloudwatch").list_metrics()["Metrics"] == []
    assert client(guarded, "sts").get_caller_identity()["Account"] == "123456789012"
    temporary = client(guarded, "sts", "ASIATEMPORARY", "s", "token+/=")
    assert temporary.get_caller_identity()["Account"] == "000000000000"


def test_names_with_colons_and_dollars_are_signed_as_sent(guarded):
    lam = client(guarded, "lambda")
    status, code, _ = error_of(lam.get_function, FunctionName="f:live")
    assert (status, code) == (404, "ResourceNotFoundException")
    status, code, _ = error_of(lam.get_function, FunctionName="f", Qualifier="$LATEST")
    assert (status, code) == (404, "ResourceNotFoundException")


@pytest.mark.parametrize("service, call, expected", [
    ("lambda", "list_functions", (403, "InvalidSignatureException")),
    ("sts", "get_caller_identity", (403, "SignatureDoesNotMatch")),
    ("cloudwatch", "list_metrics", (403, "SignatureDoesNotMatch")),  # awsQuery in Debian's boto3
])
def test_a_wrong_secret_is_told_in_the_protocols_words(guarded, service, call, expected):
    status, code, text = error_of(getattr(client(guarded, service, secret="wrong"), call))
    assert (status, code) == expected and text.startswith(MISMATCH)


@pytest.mark.parametrize("service, call, expected", [
    ("lambda", "list_functions", "UnrecognizedClientException"),
    ("sts", "get_caller_identity", "InvalidClientTokenId"),
])
def test_an_unknown_key_and_a_wrong_token(guarded, service, call, expected):
    unknown = client(guarded, service, key="AKIANOBODY")
    assert error_of(getattr(unknown, call)) == (
        403, expected, "The security token included in the request is invalid.")
    stolen = client(guarded, service, "ASIATEMPORARY", "s")
    assert error_of(getattr(stolen, call)) == (
        403, expected, "The security token included in the request is invalid")


def test_unsigned_requests_reach_nothing_but_health(guarded):
    http = Http(guarded.port)
    answer = http.send("GET", "/2015-03-31/functions")
    assert answer.status == 403
    assert answer.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
    assert answer.body == b'{"message":"Request is missing Authentication Token"}'
    assert http.send("GET", "/_coalmine/clock").status == 403
    assert http.send("POST", "/_coalmine/reset").status == 403
    assert http.target("ListMetrics", b"{}").status == 400
    assert http.target("ListMetrics", b"{}", **{"x-amzn-query-mode": "true"}).status == 403
    assert http.target("ListMetrics", b"{}", **{"x-amzn-query-mode": "false"}).status == 400
    assert http.send("GET", "/_coalmine/health").status == 200


@pytest.mark.parametrize("query_mode", ["true", "false"])
def test_half_a_signature_is_a_400_in_every_protocol_that_query_clients_speak(guarded, query_mode):
    """Of all that can be wrong with one, this alone."""
    http = Http(guarded.port)
    half = {"Authorization": "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=a",
            "X-Amz-Date": "20260101T000000Z", "x-amzn-query-mode": query_mode}
    text = b"Authorization header requires 'Credential' parameter. "
    for answer in (http.target("ListMetrics", b"{}", **half), http.cbor("ListMetrics", b"\xa0", **half),
                   http.send("POST", "/", b"Action=ListMetrics&Version=2010-08-01",
                             {"Content-Type": "application/x-www-form-urlencoded", **half})):
        assert answer.status == 400 and b"IncompleteSignature" in answer.body and text in answer.body


def test_nobody_writes_lines_of_his_own_into_the_log(guarded):
    date = urllib.parse.quote("x\n00:00:00.000 info  edge: forged\r\033[31mred")
    refused = Http(guarded.port).send(
        "GET", "/2015-03-31/functions?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&"
        f"X-Amz-Signature=b&X-Amz-SignedHeaders=host&X-Amz-Date={date}")
    assert refused.status == 403
    line = next(line for line in guarded.read_log().split("\n") if "forged" in line)
    assert "Date must be" in line and "red" in line and line.isprintable(), line


def test_a_presigned_url_is_good_until_it_expires(guarded):
    url = client(guarded, "sts").generate_presigned_url("get_caller_identity", ExpiresIn=60,
                                                       HttpMethod="GET")
    with urllib.request.urlopen(url) as answer:
        assert b"<Account>123456789012</Account>" in answer.read()
    forged = url.replace("Action=GetCallerIdentity", "Action=GetSessionToken")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(forged)
    assert refused.value.code == 403 and b"SignatureDoesNotMatch" in refused.value.read()


def test_a_body_that_is_too_large_is_told_so_whoever_signed_it(guarded):
    lam = client(guarded, "lambda")
    with pytest.raises(ClientError) as refused:
        lam.invoke(FunctionName="f", Payload=b'"' + b"a" * (7 << 20) + b'"')
    assert refused.value.response["Error"]["Code"] == "RequestEntityTooLargeException"
    assert Http(guarded.port).send("POST", "/2015-03-31/functions/f/invocations",
                                   b"a" * (7 << 20)).status == 413


def test_nobody_names_another_account_beside_his_key(guarded):
    """Whose key was verified, his is the account, wherever else the header names one."""
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    request = AWSRequest("POST", f"{guarded.url}/", data=body,
                         headers={"Content-Type": "application/x-www-form-urlencoded"})
    SigV4Auth(Credentials("ASIATEMPORARY", "s", "token+/="), "sts", "us-east-1").add_auth(request)
    headers = dict(request.headers.items())
    scope = "123456789012/20261126/eu-west-1/sts/aws4_request"
    headers["Authorization"] = headers["Authorization"].replace(" Cred", f" x-Credential={scope}, Cred")
    answer = Http(guarded.port).send("POST", "/", body, headers)
    assert answer.status == 200 and b"<Account>000000000000</Account>" in answer.body, answer.body


def signed_url_request(host, key, secret, token=None, query=False, path="/path"):
    """Path and headers of a GET that is signed for the function URL."""
    signer = SigV4QueryAuth if query else SigV4Auth
    request = AWSRequest("GET", f"http://{host}{path}")
    signer(Credentials(key, secret, token), "lambda", "us-east-1").add_auth(request)
    path = urllib.parse.urlsplit(request.url)
    return f"{path.path}?{path.query}", {"Host": host, **dict(request.headers.items())}


@pytest.mark.parametrize("query", [False, True])
def test_a_function_url_with_aws_iam_verifies_signatures(guarded, query):
    lam, http = client(guarded, "lambda"), Http(guarded.port)
    create(lam, "f", node("return event.requestContext.authorizer.iam.accountId"))
    made = lam.create_function_url_config(FunctionName="f", AuthType="AWS_IAM")
    host = urllib.parse.urlsplit(made["FunctionUrl"]).netloc

    def send(*credentials):
        path, headers = signed_url_request(host, *credentials, query=query)
        answer = http.send("GET", path, headers=headers)
        return answer.status, answer.body

    assert send(KEY, SECRET) == (200, b"123456789012")
    # The URL ends in a slash, and SDKs sign one slash where two are sent.
    path, headers = signed_url_request(host, KEY, SECRET, query=query, path="//path")
    assert path.startswith("//path") and http.send("GET", path, headers=headers).status == 200
    for wrong in ((KEY, "wrong"), ("AKIANOBODY", SECRET), ("123456789012", SECRET),
                  ("ASIATEMPORARY", "s", "stolen")):
        status, body = send(*wrong)
        assert status == 403 and b"Forbidden" in body, wrong
    assert send("ASIATEMPORARY", "s", "token+/=")[0] == 403  # account 000000000000: no policy
    assert http.send("GET", "/", headers={"Host": host}).status == 403
    path, headers = signed_url_request(host, KEY, SECRET, query=query)
    assert http.send("GET", path.replace("/path", "/other"), headers=headers).status == 403


def test_coalmine_attach_signs_well(guarded):
    create(client(guarded, "lambda"), "f", node("return 1"))
    environment = {**clean_environment(guarded.url), "AWS_ACCESS_KEY_ID": KEY}
    for secret, status in ((SECRET, 0), ("wrong", 1)):
        done = subprocess.run(
            [COALMINE, "attach", "f", "--", "sh", "-c", "test $AWS_LAMBDA_FUNCTION_NAME = f"],
            env={**environment, "AWS_SECRET_ACCESS_KEY": secret}, capture_output=True, text=True)
        assert done.returncode == status, done.stderr
    assert MISMATCH in done.stderr


def test_the_aws_cli_and_curl_sign_well(guarded):
    environment = {**clean_environment(guarded.url), "AWS_ACCESS_KEY_ID": KEY,
                   "AWS_SECRET_ACCESS_KEY": SECRET}
    done = subprocess.run(["/usr/bin/aws", "--endpoint-url", guarded.url, "cloudwatch",
                           "list-metrics", "--output", "text"], env=environment,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    done = subprocess.run(["curl", "-sf", "--aws-sigv4", "aws:amz:us-east-1:lambda", "--user",
                           f"{KEY}:{SECRET}", guarded.url + "/2015-03-31/functions"],
                          capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, '{"Functions":[]}')


def test_canary_signs_well(guarded, tmp_path):
    done = subprocess.run([CANARY, "status", "--function", "f",
                           "--alias", "live"], capture_output=True, text=True,
                          env={**clean_environment(guarded.url), "AWS_ACCESS_KEY_ID": KEY,
                               "AWS_SECRET_ACCESS_KEY": SECRET})
    assert "Function not found" in done.stderr or "no alias" in done.stderr, done.stderr


def serve(*options):
    return subprocess.run([COALMINE, "serve", "--ephemeral", "--port", "0", *options],
                          capture_output=True, text=True, timeout=STOP_SECONDS)


def test_the_network_is_let_in_only_with_keys(tmp_path):
    done = serve("--listen", "0.0.0.0")
    assert done.returncode == 1 and "--credentials" in done.stderr
    done = serve("--credentials", str(tmp_path / "none"))
    assert done.returncode == 1 and "No such file" in done.stderr


def test_another_loopback_address_can_be_chosen(start_server):
    server = start_server("--listen", "127.0.0.2")
    assert server.url.startswith("http://127.0.0.2:")
    assert server.client("lambda").list_functions()["Functions"] == []


def test_pages_in_a_browser_reach_nothing(http):
    functions = "/2015-03-31/functions"
    assert http.send("GET", functions, headers={"Origin": "http://evil.example"}).status == 403
    assert http.send("GET", functions, headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    assert http.send("POST", "/_coalmine/reset", headers={
        "Origin": f"http://127.0.0.1:{http.port}", "Host": f"127.0.0.1:{http.port}",
        "Sec-Fetch-Site": "same-origin"}).status == 403  # the page of a function, at /_coalmine/url/
    answer = http.send("POST", "/_coalmine/reset", headers={"Host": "evil.example"})
    assert answer.status == 403 and b"--allow-host" in answer.body
    assert http.send("GET", functions, headers={"Host": "localhost:1"}).status == 200


def test_a_preflight_has_no_signature_and_needs_none(start_server, credentials):
    page = "http://localhost:3000"
    http = Http(start_server("--credentials", credentials, "--allow-origin", page).port)
    headers = {"Origin": page, "Access-Control-Request-Method": "GET"}
    assert http.send("OPTIONS", "/2015-03-31/functions", headers=headers).status == 204
    assert http.send("GET", "/2015-03-31/functions", headers=headers).status == 403
    for header in headers:  # alone it is no preflight
        answer = http.send("OPTIONS", "/2015-03-31/functions", headers={header: headers[header]})
        assert answer.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


def test_an_allowed_origin_gets_its_headers_and_its_preflight(start_server):
    page = "http://localhost:3000"
    server = start_server("--allow-origin", page)
    http = Http(server.port)
    answer = http.send("OPTIONS", "/2015-03-31/functions", headers={
        "Origin": page, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,x-amz-date"})
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == page
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization,x-amz-date"
    assert answer.headers["Access-Control-Max-Age"] == "86400"
    answer = http.send("GET", "/2015-03-31/functions/none", headers={"Origin": page})
    assert answer.status == 404
    assert (answer.headers["Access-Control-Allow-Origin"], answer.headers["Vary"]) == (
        page, "Origin")
    answer = http.send("GET", "/2015-03-31/functions", headers={"Origin": page + "0"})
    assert answer.status == 403 and "Access-Control-Allow-Origin" not in answer.headers
    create(server.client("lambda"), "f")
    answer = http.send("POST", "/2021-11-15/functions/f/response-streaming-invocations", b"{}",
                       {"Origin": page})
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, page)
