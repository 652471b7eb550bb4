"""Writes test/fixtures/parquet/checked.parquet: two row groups of 20 rows, each page with its checksum.

Run: python3 scripts/golden-parquet.py, with pyarrow 25 or another that writes page checksums.
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

rows = range(40)
table = pa.table(
    {
        "x": pa.array([i / 3 for i in rows], pa.float32()),
        "n": pa.array([i * i for i in rows], pa.int64()),
        "kind": ["ab"[i % 2] for i in rows],
    }
)
path = Path(__file__).parent.parent / "test" / "fixtures" / "parquet" / "checked.parquet"
pq.write_table(table, path, row_group_size=20, write_page_checksum=True, store_schema=False)
