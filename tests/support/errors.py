"""The three things that make an AWS error: status, code, text."""
import pytest


def error_of(call, *positional, **arguments):
    with pytest.raises(Exception) as caught:
        call(*positional, **arguments)
    answer = caught.value.response
    return (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"],
            answer["Error"].get("Message", ""))
