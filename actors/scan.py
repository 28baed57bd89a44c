"""Scans of the store that outgrow one node: Ray Data answers the parts of a query wherever there is room.

The answer is the one that `Search.rows` gives on one node, in the same order; parts that were read too early wait in
the object store, which bounds how far ahead Ray Data reads.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from functools import partial

import pyarrow as pa
import ray.data

from pipeline.domain.query import Query
from pipeline.store.search.engine import FOUND_SCHEMA
from pipeline.store.search.parts import answer_part


def scan(url: str, parts: Sequence[Query]) -> Iterator[pa.Table]:
    """Yield the answers to `parts_of` a query over the store at `url`, in order. Ray must run; all nodes see `url`."""
    if not parts:
        return
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    asked = ray.data.from_items([{"part": pickle.dumps(one)} for one in parts], override_num_blocks=len(parts))
    answers = asked.map_batches(partial(_answer, url=url), batch_size=1, batch_format="pyarrow")
    for batch in answers.iter_batches(batch_size=None, batch_format="pyarrow"):
        if isinstance(batch, pa.Table) and batch.num_rows:
            yield batch.select(FOUND_SCHEMA.names).cast(FOUND_SCHEMA)


def _answer(batch: pa.Table, url: str) -> pa.Table:
    return pa.concat_tables([answer_part(url, pickle.loads(one)) for one in batch["part"].to_pylist()])
