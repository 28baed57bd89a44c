"""A standard client that is not ours searches over mutual TLS, knowing nothing but the contracts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google.protobuf.message import Message

from tests.support.access import house_in, write_lake
from tests.support.certified import KENT, Certified
from tests.support.node import answers, installed
from tests.support.people_services import asked, standing

Call = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Call]:
    installed()
    folder = tmp_path_factory.mktemp("house")
    write_lake(folder)
    certified = Certified(folder / "certificates")
    with house_in(folder) as house, standing(house, certified.settings()) as services:
        authority = certified.authority()
        authority.write("kent", [KENT])
        house.authorised()
        token = house.token(house.desk.people.person("analyst"))  # type: ignore[arg-type]

        def called(method: str, request: Any, **told: Any) -> list[dict[str, Any]]:
            return answers(
                **{
                    "address": f"localhost:{services.port}",
                    "proto": "protos/anpr/v1/search.proto",
                    "service": "anpr.v1.SearchService",
                    "method": method,
                    "request": plain(request),
                    "token": token,
                    "authority": str(authority.file()),
                    "certificate": str(authority.file("kent")),
                    "key": str(authority.file("kent", key=True)),
                }
                | told
            )

        yield called


def plain(message: Message) -> dict[str, Any]:
    """The fields that are set, times as seconds and not as text: the loader knows no other JSON."""

    def told(value: Any) -> Any:
        return plain(value) if isinstance(value, Message) else value

    return {
        field.name: [told(one) for one in value] if field.is_repeated else told(value)
        for field, value in message.ListFields()
    }


def test_it_searches_and_is_told_what_was_left_out(call: Call) -> None:
    (answer,) = call("Search", asked())
    page = answer["page"]
    assert len(page["reads"]) == 2
    assert page["reads"][0]["camera_id"].startswith("camera-")
    assert [one["rule"] for one in page["narrowed"]] == ["authorisation"]


def test_it_follows_a_stream_to_its_end(call: Call) -> None:
    pages = call("StreamSearch", asked("a1", page_size=2))
    assert [len(one["page"]["reads"]) for one in pages if one["page"]["reads"]] == [2, 2, 2]
    assert pages[-1]["page"]["ended"] == "SEARCH_END_COMPLETE"


def test_it_is_refused_as_everybody_is(call: Call) -> None:
    assert call("Search", asked(), token="nonsense")[-1]["code"] == "UNAUTHENTICATED"
    (refused,) = call("Search", asked(reason={"category": "curiosity"}))
    assert refused["code"] == "PERMISSION_DENIED"
    assert refused["details"].startswith("category: ")
