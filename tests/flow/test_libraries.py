"""Libraries that few need: loaded when they are used, and missed by nobody else."""
import json
import subprocess
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.conftest import COALMINE

WIDGET = json.dumps({"metrics": [["a", "b"]]})


@pytest.fixture
def broken(tmp_path):
    """An environment in which neither cairo nor libcurl can be loaded."""
    for name in ("libcairo.so.2", "libcurl.so.4"):
        (tmp_path / name).touch()
    return {"LD_LIBRARY_PATH": str(tmp_path)}


def has_loaded(server, library):
    return library in Path(f"/proc/{server.process.pid}/maps").read_text()


def test_cairo_is_loaded_with_the_first_picture(start_server):
    server = start_server()
    assert not has_loaded(server, "libcairo") and not has_loaded(server, "libcurl")
    server.client("cloudwatch").get_metric_widget_image(MetricWidget=WIDGET)
    assert has_loaded(server, "libcairo") and not has_loaded(server, "libcurl")


def test_without_cairo_only_pictures_fail(start_server, broken):
    cw = start_server(environment=broken).client("cloudwatch")
    for _ in range(2):
        with pytest.raises(ClientError) as failure:
            cw.get_metric_widget_image(MetricWidget=WIDGET)
        assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        assert "libcairo.so.2" in failure.value.response["Error"]["Message"]
    assert cw.list_metrics()["Metrics"] == []


def test_attach_says_that_libcurl_is_missing(broken):
    attach = subprocess.run([COALMINE, "attach", "f"], env=broken, capture_output=True, text=True)
    assert attach.returncode == 1
    assert attach.stderr.startswith("coalmine attach: ") and "libcurl.so.4" in attach.stderr
