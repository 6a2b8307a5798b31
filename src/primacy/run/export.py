"""Writing the texts of an audit for a model that runs elsewhere."""

from __future__ import annotations

from pathlib import Path

from primacy.errors import RunError, UnknownNameError
from primacy.files import atomic_path, os_errors_as
from primacy.results.spec import AuditSpec
from primacy.run.plan import all_texts, count_words, make_plan

_FORMATS = (".parquet", ".csv", ".jsonl", ".txt")


def export_texts(spec: AuditSpec, path: Path) -> int:
    """Write the distinct texts of `spec` to `path` (.parquet, .csv, .jsonl: a column `text`; .txt: one a line).

    Returns:
        The number of texts.

    Raises:
        UnknownNameError: the file's ending is none of these.
        UsageError: probes of pictures are named.
        RunError: it cannot be written.
    """
    import polars as pl

    if path.suffix not in _FORMATS:
        raise UnknownNameError("file ending", path.suffix or path.name, _FORMATS)
    spec = spec.resolved(pictures=False)
    texts = all_texts(spec, make_plan(spec, count_words))
    frame = pl.DataFrame({"text": texts})
    with os_errors_as(RunError, f"cannot write {path}"), atomic_path(path) as temporary:
        if path.suffix == ".parquet":
            frame.write_parquet(temporary)
        elif path.suffix == ".csv":
            frame.write_csv(temporary)
        elif path.suffix == ".jsonl":
            frame.write_ndjson(temporary)
        else:
            temporary.write_text("\n".join(texts) + "\n", "utf-8")
    return len(texts)
