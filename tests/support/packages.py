"""Deployment packages made in memory, and functions made of them."""
import io
import json
import stat
import zipfile

ROLE = "arn:aws:iam::000000000000:role/r"
NODE = "export const handler = async (event, context) => { %s };"
PYTHON = "def handler(event, context):\n    %s\n"


def zip_of(files, modes=None):
    """A zip of {name: text}; modes may give a file's permission bits."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            info = zipfile.ZipInfo(path)
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | (modes or {}).get(path, 0o644)) << 16
            archive.writestr(info, text)
    return buffer.getvalue()


def node(body):
    return {"Runtime": "nodejs22.x", "Handler": "index.handler",
            "Code": {"ZipFile": zip_of({"index.mjs": NODE % body})}}


def python(body):
    return {"Runtime": "python3.12", "Handler": "app.handler",
            "Code": {"ZipFile": zip_of({"app.py": PYTHON % body})}}


def create(lam, name, package=None, **settings):
    """With a minute to answer: Lambda's three seconds are not enough everywhere."""
    return lam.create_function(**{"FunctionName": name, "Role": ROLE, "Timeout": 60,
                                  **(package or node("return 'hello'")), **settings})


def arn(name, qualifier=None):
    """Of a function of the tests' account and region."""
    return f"arn:aws:lambda:us-east-1:000000000000:function:{name}" + (
        f":{qualifier}" if qualifier else "")


def invoke(lam, name, event=None, **arguments):
    """The answer, and what the function returned."""
    answer = lam.invoke(FunctionName=name, Payload=json.dumps(event or {}), **arguments)
    return answer, json.loads(answer["Payload"].read() or b"null")
