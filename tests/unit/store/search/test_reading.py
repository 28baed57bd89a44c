"""The engine under the search."""

from __future__ import annotations

from pipeline.store.search.reading import Engine


def test_an_engine_downloads_nothing() -> None:
    engine = Engine(threads=1, memory_mebibytes=256)
    setting = engine._root.execute("SELECT current_setting('autoinstall_known_extensions')").fetchone()
    assert setting == (False,)
