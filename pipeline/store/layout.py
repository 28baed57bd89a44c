"""How the table of marks lies on disk.

A closed day is sorted by mark, so that a look-up decodes one row group, or one page of it where the search knows the
pages (`search/page_index.py`); groups of 16,384 rows cost a look-up half of what groups of 65,536 do, and a scan a
tenth more (measured over 60 files of 1.25 million marks). Pages of 1,024 rows take the room of pages of 4,096, and half
of the time to read one. What hardly repeats has no dictionary. Times are stored as differences: a third smaller than
compressed as they are, and read in less time.

On failure: nothing here touches the outside.
"""

from __future__ import annotations

from deltalake import BloomFilterProperties, ColumnProperties, WriterProperties

from pipeline.wire.mark_arrow import MARK_SCHEMA

MARKS = "marks"
MARKS_SCHEMA = MARK_SCHEMA
MARKS_SORTED_BY = "mark"
MARKS_STATISTICS = "mark,captured_at,received_at,camera_id"
_ROW_GROUP_ROWS = 16_384
_PAGE_ROWS = 1_024
_PLAIN = ColumnProperties(dictionary_enabled=False)
INSTANTS = ColumnProperties(dictionary_enabled=False, encoding="DELTA_BINARY_PACKED")
"""For times of rows that are sorted by something else."""
# for other readers of the table: the search itself knows what a file holds before it opens it
_BLOOMED = ColumnProperties(
    dictionary_enabled=False, bloom_filter_properties=BloomFilterProperties(True, 0.01, _ROW_GROUP_ROWS)
)

QUICK = WriterProperties(compression="LZ4_RAW", default_column_properties=ColumnProperties(dictionary_enabled=False))
"""For rows that are committed as they come and soon merged: dictionaries would take a third of the time of writing."""
MARKS_SETTLED = WriterProperties(
    compression="ZSTD",
    compression_level=3,
    max_row_group_size=_ROW_GROUP_ROWS,
    data_page_row_count_limit=_PAGE_ROWS,
    write_batch_size=1024,
    column_properties={"mark": _BLOOMED, "vrm": _PLAIN, "captured_at": INSTANTS, "received_at": INSTANTS},
)
