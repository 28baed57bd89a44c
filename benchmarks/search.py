"""How long does a question to a year of reads take, and how does it grow with the years' size?

`python -m benchmarks.search --rows 365000000` makes up a year of a million reads a day (`benchmarks/year.py`) in the
layout that compaction leaves, and asks the last 10, 100 and 365 days of it for the first 100 reads, newest first: exact
and confusable marks (two in five of vehicles that are read often, two in five of any vehicle read, one in five of marks
nobody bears), patterns of seven kinds, and one camera's hour. In the same run plain DuckDB answers the same over the
same rows as they came: unsorted, every file opened. The table of marks is generated for every day; whole reads with
digests that cannot be compressed only for `FULL_DAYS`, to know their size and what fetching twenty of them costs.

The files of marks are read once before anything is measured (a year: 10 GB), so that they lie in the page cache where
memory suffices; then it is learnt what they hold (`warm_seconds`), as a server does while it serves.

Generation goes on where it stopped; `--keep` leaves the rows for another run.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from benchmarks.harness import RESULTS, publish
from benchmarks.marks import marks_of
from benchmarks.year import CAMERAS, FIRST_DAY, day, marks_of_day, vehicles_of, write_marks, write_reads
from pipeline.domain.plate import CameraId
from pipeline.domain.query import Limits, Query, Term, confusable, exact, partial
from pipeline.domain.vrm import Vrm, fold_vrm
from pipeline.store.search.engine import Search
from pipeline.wire.read_arrow import reads_of

FULL_DAYS = 3
_A_DAY = 1_000_000
_SPANS = (10, 100, 365)
_BASELINE_ROUNDS, _LONG_DAYS = 3, 30
"""Over more days the baseline, which takes half a minute to answer, is asked once."""
_PAGE = Limits(rows=100, seconds=300.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=40, help="questions of each kind and span")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/anpr-year"), help="where the rows go")
    parser.add_argument("--keep", action="store_true", help="leave the rows for another run")
    parser.add_argument("--generate-only", action="store_true")
    options = parser.parse_args()
    days = max(1, options.rows // _A_DAY)
    generate(options.folder, days, min(options.rows, _A_DAY))
    if options.generate_only:
        return
    figures = {"rows": days * min(options.rows, _A_DAY)} | measured(options.folder, days, options.rounds)
    plot(figures, days)
    publish("search", figures)
    if not options.keep:
        shutil.rmtree(options.folder)


def generate(folder: Path, days: int, rows: int) -> None:
    """Make the days that are not there yet."""
    url, came = str(folder / "store"), folder / "as-they-came"
    came.mkdir(parents=True, exist_ok=True)
    for number in range(days):
        done = came / f"{number:03}.parquet"
        if done.exists():
            continue
        _forget(f"{url}/marks", number)
        of = day(number, rows)
        marks = marks_of_day(of)
        write_marks(url, marks)
        if number < FULL_DAYS:
            _forget(f"{url}/reads", number)
            write_reads(url, of, full=True)
        fresh = done.with_suffix(".part")
        pq.write_table(
            marks.select(["mark", "rank", "vrm", "camera_id", "captured_at"]),
            fresh,
            compression="zstd",
            use_dictionary=["camera_id", "rank"],
        )
        fresh.rename(done)
        print(f"day {number + 1} of {days}", flush=True)


def measured(folder: Path, days: int, rounds: int) -> dict[str, Any]:
    url = str(folder / "store")
    search = Search(url, threads=2, memory_mebibytes=1500)
    figures: dict[str, Any] = {"page_rows": _PAGE.rows} | _sizes(url)
    figures["marks_mebibytes"] = round(_read_once(folder / "store" / "marks") / 2**20)
    began = time.perf_counter()
    figures["known_mebibytes"] = round(search.warm() / 2**20, 1)
    figures["warm_seconds"] = round(time.perf_counter() - began, 1)
    spans = [one for one in _SPANS if one < days] + [days]
    for span in spans:
        draw = np.random.default_rng(span)
        questions = {kind: [make(draw, days, span) for _ in range(rounds)] for kind, make in _KINDS.items()}
        for kind, asked in questions.items():
            # what DuckDB knows of the files' footers is there after the first question, as in a server that runs
            search.page(asked[0], _PAGE)
            spent = sorted(_milliseconds(search, one) for one in asked)
            suffix = "" if span == days else f"_{span}_days"
            figures[f"{kind}_p50_ms{suffix}"] = round(statistics.median(spent), 1)
            figures[f"{kind}_p95_ms{suffix}"] = round(spent[int(len(spent) * 0.95)], 1)
        if span == days:
            figures |= {
                f"baseline_{kind}_ms": _baseline(folder, asked[: _BASELINE_ROUNDS if days < _LONG_DAYS else 1])
                for kind, asked in questions.items()
            }
    return figures | _records(search, rounds)


def _read_once(table: Path) -> int:
    """Read every file of `table` and forget it; return the bytes."""
    size = 0
    for path in table.rglob("*.parquet"):
        with path.open("rb", buffering=0) as file:
            while block := file.read(1 << 24):
                size += len(block)
    return size


def plot(figures: dict[str, Any], days: int) -> None:
    """Draw how the 95th percentiles grow."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(7, 4), layout="constrained")
    axes = picture.add_subplot()
    for kind in _KINDS:
        points = [(one, figures.get(f"{kind}_p95_ms_{one}_days")) for one in _SPANS if one < days]
        points.append((days, figures[f"{kind}_p95_ms"]))
        axes.plot([one for one, _ in points], [value for _, value in points], marker="o", label=kind.replace("_", " "))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("days of a million reads")
    axes.set_ylabel("p95, first 100 reads (ms)")
    axes.legend()
    axes.grid(visible=True, alpha=0.3)
    picture.savefig(RESULTS / "search.png", dpi=110)


def _milliseconds(search: Search, query: Query) -> float:
    began = time.perf_counter()
    search.page(query, _PAGE)
    return 1000 * (time.perf_counter() - began)


def _span(days: int, span: int) -> tuple[datetime, datetime]:
    end = datetime.combine(FIRST_DAY, datetime.min.time(), UTC) + timedelta(days=days)
    return end - timedelta(days=span), end


def _mark(draw: np.random.Generator) -> str:
    kind = draw.random()
    if kind < 0.4:
        vehicle = vehicles_of(draw, 1)
    elif kind < 0.8:
        # any vehicle of those that pass now and then
        vehicle = draw.integers(100_000, 2_100_000, 1)
    else:
        vehicle = draw.integers(50_000_000, 60_000_000, 1)
    return bytes(marks_of(vehicle)[0]).decode()


def _pattern(draw: np.random.Generator) -> Term:
    mark = _mark(draw)
    return partial(
        (
            mark[:4] + "*",
            mark[:3] + "?" + mark[4:],
            mark[:2] + "?" + mark[3] + mark[4] + "?" + mark[6],
            "?" + mark[1:],
            "??" + mark[2:],
            "*" + mark[3:],
            "*" + mark[2:5] + "*",
        )[int(draw.integers(0, 7))]
    )


def _of_terms(make: Callable[[np.random.Generator], Term]) -> Callable[[np.random.Generator, int, int], Query]:
    def query(draw: np.random.Generator, days: int, span: int) -> Query:
        begin, end = _span(days, span)
        return Query(begin=begin, end=end, terms=(make(draw),))

    return query


def _camera_hour(draw: np.random.Generator, days: int, span: int) -> Query:
    begin, _ = _span(days, span)
    hour = begin + timedelta(hours=int(draw.integers(0, span * 24)))
    camera = CameraId(f"camera-{draw.integers(0, CAMERAS):04}")
    return Query(begin=hour, end=hour + timedelta(hours=1), cameras=(camera,))


_KINDS = {
    "exact": _of_terms(lambda draw: exact(_mark(draw))),
    "partial": _of_terms(_pattern),
    "confusable": _of_terms(lambda draw: confusable(_mark(draw))),
    "camera_hour": _camera_hour,
}


def _baseline(folder: Path, asked: list[Query]) -> float:
    """Return the median of plain DuckDB over the rows as they came, in milliseconds."""
    spent = []
    with duckdb.connect(config={"threads": 2, "memory_limit": "2GB"}) as connection:
        for query in asked:
            condition, value = "camera_id = ?", str(query.cameras[0]) if query.cameras else ""
            if query.terms:
                (term,) = query.terms
                condition, value = {
                    "exact": ("vrm = ?", term.text),
                    "confusable": ("mark = ?", fold_vrm(Vrm(term.text))),
                    "partial": ("rank = 0 AND mark LIKE ?", term.text.replace("?", "_").replace("*", "%")),
                }[term.matching]
            sql = (
                f"SELECT vrm, camera_id, captured_at FROM read_parquet(?) WHERE {condition}"
                " AND captured_at >= ? AND captured_at < ? ORDER BY captured_at DESC LIMIT 100"
            )
            began = time.perf_counter()
            connection.sql(
                sql, params=[str(folder / "as-they-came" / "*.parquet"), value, query.begin, query.end]
            ).to_arrow_table()
            spent.append(1000 * (time.perf_counter() - began))
    return round(statistics.median(spent), 1)


def _sizes(url: str) -> dict[str, float]:
    """Return the bytes a read takes in both tables, over the days that have both."""
    figures: dict[str, float] = {}
    for name in ("reads", "marks"):
        files = [
            (size, rows)
            for of_day, size, rows in _files(f"{url}/{name}")
            if of_day < FIRST_DAY + timedelta(days=FULL_DAYS)
        ]
        figures[f"{name}_bytes"] = sum(size for size, _ in files)
        figures[f"{name}_rows"] = sum(rows for _, rows in files)
    return {
        "bytes_per_read": round((figures["reads_bytes"] + figures["marks_bytes"]) / figures["reads_rows"], 1),
        "bytes_per_read_of_marks": round(figures["marks_bytes"] / figures["reads_rows"], 1),
        "marks_per_read": round(figures["marks_rows"] / figures["reads_rows"], 3),
    }


def _files(table: str) -> list[tuple[Any, int, int]]:
    rows = pa.table(DeltaTable(table).get_add_actions(flatten=True)).to_pylist()
    return [(row["partition.capture_day"], row["size_bytes"], row["num_records"]) for row in rows]


def _records(search: Search, rounds: int) -> dict[str, float]:
    """Return what it costs to fetch twenty whole reads of what was found on the days that have them."""
    begin = datetime.combine(FIRST_DAY, datetime.min.time(), UTC)
    draw = np.random.default_rng(5)
    spent = []
    for _ in range(rounds):
        hour = begin + timedelta(hours=int(draw.integers(0, 24 * FULL_DAYS)))
        query = Query(begin=hour, end=hour + timedelta(hours=1), terms=(partial(_mark(draw)[:2] + "*"),))
        found = search.page(query, Limits(rows=20)).found
        began = time.perf_counter()
        # the made-up records have made-up digests
        reads_of(search.records.rows(found))
        spent.append(1000 * (time.perf_counter() - began))
    return {"records_of_20_p95_ms": round(sorted(spent)[int(len(spent) * 0.95)], 1)}


def _forget(table: str, number: int) -> None:
    """Take back a day that a run before this one did not finish."""
    if DeltaTable.is_deltatable(table):
        stored = DeltaTable(table)
        of_day = (FIRST_DAY + timedelta(days=number)).isoformat()
        if any(of_day == str(one) for one, _, _ in _files(table)):
            stored.delete(f"capture_day = DATE '{of_day}'")


if __name__ == "__main__":
    main()
