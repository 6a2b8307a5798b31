"""The committed JSON Schema of result.json. `python tests/docs/test_schema.py` writes it anew."""

import json
from pathlib import Path

from primacy import RunResult

SCHEMA = Path(__file__).parents[2] / "docs" / "result.schema.json"


def schema() -> dict:
    own = RunResult.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **own, "title": "result.json of Primacy"}


def test_the_committed_schema_is_that_of_the_code():
    assert json.loads(SCHEMA.read_text("utf-8")) == schema()


def test_the_format_page_names_every_field():
    page = (SCHEMA.parent / "formats.md").read_text("utf-8")
    for name, record in {"RunResult": schema(), **schema()["$defs"]}.items():
        if name not in ("AuditSpec", "ImageSpec"):  # the options of the command line
            missing = [field for field in record["properties"] if f"`{field}`" not in page]
            assert missing == [], name


if __name__ == "__main__":
    SCHEMA.write_text(json.dumps(schema(), indent=1) + "\n", "utf-8")
