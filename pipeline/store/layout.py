"""How the store's tables lie on disk once they are compacted: sort order and Parquet layout, by the table's name.

The figures are measured by `python -m benchmarks.search`: a row group is what one look-up has to decode, a page what
one row costs, and a footer grows with the number of row groups.

On failure: nothing here touches the outside.
"""

from __future__ import annotations

from dataclasses import dataclass

from deltalake import BloomFilterProperties, ColumnProperties, WriterProperties


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Rows are sorted by `sorted_by`; `bloomed` is a column with a Bloom filter in every row group."""

    sorted_by: tuple[str, ...]
    row_group_rows: int
    page_rows: int
    file_rows: int
    """A day with more rows is several files, each with its own range of the first sort column."""
    bloomed: str = ""

    def writer_properties(self) -> WriterProperties:
        """Return the layout for delta-rs."""
        bloom = BloomFilterProperties(set_bloom_filter_enabled=True, fpp=BLOOM_FALSE_SHARE, ndv=self.row_group_rows)
        columns = {self.bloomed: ColumnProperties(bloom_filter_properties=bloom)} if self.bloomed else None
        return WriterProperties(
            compression="ZSTD",
            compression_level=COMPRESSION_LEVEL,
            max_row_group_size=self.row_group_rows,
            data_page_row_count_limit=self.page_rows,
            write_batch_size=min(1024, self.page_rows),
            column_properties=columns,
        )


COMPRESSION_LEVEL = 3
BLOOM_FALSE_SHARE = 0.01
LAYOUTS = {
    "reads": Layout(sorted_by=("vrm", "captured_at"), row_group_rows=16_384, page_rows=2_048, file_rows=2_000_000),
    "marks": Layout(
        sorted_by=("mark", "captured_at"), row_group_rows=65_536, page_rows=4_096, file_rows=2_000_000, bloomed="mark"
    ),
    "images": Layout(sorted_by=("digest",), row_group_rows=256, page_rows=64, file_rows=20_000),
}
