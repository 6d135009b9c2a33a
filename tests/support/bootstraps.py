"""Custom runtimes (`provided.*`) in a few lines of Python each."""
from tests.support.packages import zip_of

CLIENT = '''#!/usr/bin/python3
import base64, http.client, json, os, signal, socket, sys, threading, time
HOST = os.environ["AWS_LAMBDA_RUNTIME_API"]
API = "/2018-06-01/runtime/"
connection = http.client.HTTPConnection(HOST)

def ask(method, path, body=None, headers={}):
    connection.request(method, API + path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read().decode()

def next_event():
    _, headers, body = ask("GET", "invocation/next")
    return headers["Lambda-Runtime-Aws-Request-Id"], json.loads(body), headers

def respond(request_id, value):
    return ask("POST", "invocation/%s/response" % request_id, json.dumps(value))

class Pieces:
    """A response in pieces: chunked HTTP with trailers."""
    def __init__(self, request_id, content_type="text/plain"):
        self.socket = socket.create_connection(HOST.split(":"))
        self.send("POST %sinvocation/%s/response HTTP/1.1\\r\\nHost: x\\r\\n"
                  "Content-Type: %s\\r\\nLambda-Runtime-Function-Response-Mode: streaming\\r\\n"
                  "Transfer-Encoding: chunked\\r\\nTrailer: Lambda-Runtime-Function-Error-Type, "
                  "Lambda-Runtime-Function-Error-Body\\r\\n\\r\\n" % (API, request_id, content_type))
    def send(self, text):
        self.socket.sendall(text.encode() if isinstance(text, str) else text)
    def write(self, data):
        self.send(("%x\\r\\n" % len(data)).encode() + data + b"\\r\\n")
    def end(self, error_type=None, error=None):
        trailers = ""
        if error_type:
            trailers += "Lambda-Runtime-Function-Error-Type: %s\\r\\n" % error_type
        if error:
            trailers += "Lambda-Runtime-Function-Error-Body: %s\\r\\n" % base64.b64encode(
                json.dumps(error).encode()).decode()
        self.send("0\\r\\n" + trailers + "\\r\\n")
        return self.socket.recv(4096).split(b"\\r\\n")[0].decode()

'''


def custom(code, **more):
    """A package whose bootstrap is this code behind CLIENT."""
    return {"Runtime": "provided.al2023", "Handler": "h", "Code": {"ZipFile": zip_of(
        {"bootstrap": CLIENT + code, **more}, {"bootstrap": 0o755})}}


def serving(body):
    """A custom runtime that runs `body` (indented by four) for each event, which must respond."""
    return custom("while True:\n    request_id, event, headers = next_event()\n" + body)
