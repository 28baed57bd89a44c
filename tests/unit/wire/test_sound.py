"""What is sound in a message from outside, and how it is spelled on the audit log whatever it holds."""

from __future__ import annotations

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from pipeline.errors import BadInput
from pipeline.wire.sound import require_sound, spelled
from protos.anpr.v1 import search_pb2


@pytest.mark.parametrize("moment", [Timestamp(seconds=2**62), Timestamp(seconds=-(2**62)), Timestamp(nanos=-1)])
def test_a_time_that_is_none_is_refused_by_its_name_and_still_spelled(moment: Timestamp) -> None:
    message = search_pb2.SearchRequest(query=search_pb2.SearchQuery(begin=moment))
    with pytest.raises(BadInput, match="begin: is no time"):
        require_sound(message)
    assert "begin" in spelled(message)


def test_every_time_that_is_one_is_let_through() -> None:
    for seconds in (-62_135_596_800, 0, 253_402_300_799):
        require_sound(search_pb2.SearchQuery(begin=Timestamp(seconds=seconds, nanos=999_999_999)))
