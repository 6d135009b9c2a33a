"""The 75 GB that all code of an account takes in a region: lambda-api.md sections 1.2 and 8.1."""
import contextlib
import sqlite3

import pytest

from tests.support.errors import error_of
from tests.support.packages import create, node, zip_of

LIMIT = 80530636800
FULL = (400, "CodeStorageExceededException", "Code storage limit exceeded.")
SMALL = node("")["Code"]["ZipFile"]
LARGE = zip_of({"index.mjs": "// " + "".join(map(chr, range(0x100, 0x800)))})


@pytest.fixture
def make_full(start_server, tmp_path):
    """A server whose function "full" leaves so many bytes: its size is written while it is down."""
    def made(left):
        first = start_server("--data-dir", str(tmp_path), ephemeral=False)
        create(first.client("lambda"), "full")
        assert first.stop() == 0
        with contextlib.closing(sqlite3.connect(tmp_path / "coalmine.db")) as database:
            database.execute("UPDATE lambda_version SET code_size = ?", (LIMIT - left,))
            database.commit()
        return start_server("--data-dir", str(tmp_path), ephemeral=False)
    return made


def used(lam):
    return lam.get_account_settings()["AccountUsage"]["TotalCodeSize"]


def test_what_would_be_over_the_limit_is_refused_and_leaves_no_trace(make_full):
    server = make_full(2 * len(SMALL))
    lam = server.client("lambda")
    small = {**node(""), "Code": {"ZipFile": SMALL}}
    assert error_of(create, lam=lam, name="two", package={**small, "Code": {"ZipFile": LARGE}},
                    Publish=True) == FULL
    create(lam, "two", small, Publish=True)
    assert used(lam) == LIMIT
    for change in ({}, {"Publish": True}):
        assert error_of(lam.update_function_code, FunctionName="two", ZipFile=LARGE,
                        **change) == FULL
    lam.update_function_configuration(FunctionName="two", Description="new")
    assert error_of(lam.publish_version, FunctionName="two") == FULL
    assert error_of(lam.update_function_code, FunctionName="two", ZipFile=SMALL, Publish=True) == FULL
    assert error_of(lam.publish_layer_version, LayerName="l", Content={"ZipFile": SMALL}) == FULL
    assert error_of(create, lam=lam, name="three", package=small) == FULL
    assert [v["Version"] for v in lam.list_versions_by_function(FunctionName="two")["Versions"]] == [
        "$LATEST", "1"]
    assert lam.get_function_configuration(FunctionName="two")["CodeSize"] == len(SMALL)
    assert lam.list_layers()["Layers"] == [] and used(lam) == LIMIT
    create(server.client("lambda", region="eu-west-1"), "three", small)


def test_there_is_room_again_after_a_deletion(make_full):
    lam = make_full(0).client("lambda")
    assert error_of(create, lam=lam, name="two") == FULL
    lam.delete_function(FunctionName="full")
    create(lam, "two", Publish=True)
    assert lam.publish_layer_version(LayerName="l", Content={"ZipFile": SMALL})["Version"] == 1
    lam.update_function_code(FunctionName="two", ZipFile=LARGE, Publish=True)
