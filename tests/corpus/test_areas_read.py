import json
from pathlib import Path

import polars as pl
import pytest

from primacy.corpus.areas.read import read_areas, write_areas
from primacy.corpus.areas.typical import read_typical, typical_sizes, write_typical
from primacy.corpus.faults import Faults
from primacy.corpus.tables import AREAS
from primacy.design.vocabulary import load_vocabulary
from primacy.errors import CorpusError, UsageError

REAL = Path(__file__).parents[3] / "shared" / "data" / "coco_val2017"
CATEGORIES = ("dog", "cup", "hot dog")
GOOD = ("12", "dog", 0.25, 0.125, 0.375, 3, 0.5, False, "mask")


def _real():
    if not REAL.is_dir():
        pytest.skip("shared/data/coco_val2017 is absent")
    return REAL


def table(*changes):
    rows = [dict(zip(AREAS, GOOD, strict=True)) | change for change in changes]
    return pl.DataFrame(rows, schema=AREAS)


@pytest.fixture
def read(tmp_path):
    def go(frame, categories=CATEGORIES):
        frame.write_parquet(tmp_path / "areas.parquet")
        faults = Faults()
        return read_areas(tmp_path / "areas.parquet", categories, faults), list(map(tuple, faults))

    return go


def test_a_table_comes_back_as_it_was_written(tmp_path):
    written = table({}, {"category": "hot dog", "union": None, "centrality": None}, {"image_id": "7", "sum": 4.5})
    path = tmp_path / "new" / "a[1].areas"  # known by its first bytes, not by its name
    write_areas(written, path)
    faults = Faults()
    found = read_areas(path, CATEGORIES, faults)
    assert found.table.equals(written) and found.table.schema == AREAS and not len(faults)
    assert found.images.to_list() == ["12", "7"]
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_other_types_of_the_same_meaning(read):
    types = {"image_id": pl.Int64, "category": pl.Categorical, "union": pl.Float32, "instances": pl.UInt64}
    frame = table({}, {"image_id": "7"}).cast(types).with_columns(pl.lit(None).alias("centrality"), extra=1)
    found, faults = read(frame.select(pl.all().reverse()).select(reversed(frame.columns)))
    assert found.table.equals(table({"image_id": "7", "centrality": None}, {"centrality": None})) and not faults


def test_rows_are_in_the_order_of_images_and_of_the_vocabulary(read):
    ids = [("9", "hot dog"), ("3", "cup"), ("9", "dog"), ("3", "dog")]
    found, _ = read(table(*({"image_id": image, "category": category} for image, category in ids)))
    assert found.table.select("image_id", "category").rows() == [
        ("9", "dog"), ("9", "hot dog"), ("3", "dog"), ("3", "cup"),
    ]  # fmt: skip


def test_names_are_the_vocabularys_own(read):
    spelled = ["DOG", "Hot_Dog", "cup", "hot-dog"]
    found, faults = read(table(*({"category": name, "image_id": str(i)} for i, name in enumerate(spelled))))
    assert found.table["category"].to_list() == ["dog", "hot dog", "cup", "hot dog"] and not faults
    found, faults = read(
        table(*({"category": name, "image_id": name} for name in ("T-shirt", "t shirt", "T SHIRT"))),
        ("t shirt", "T-shirt"),
    )
    assert found.table["category"].to_list() == ["T-shirt", "t shirt"]
    assert faults == [("categories with areas that the vocabulary does not know (left out)", 1, ("T SHIRT",))]


def test_an_image_where_nothing_stands_is_listed(read):
    empty = dict.fromkeys(AREAS, None) | {"image_id": "5"}
    found, faults = read(table({}, empty))
    assert found.images.to_list() == ["12", "5"] and found.table.equals(table({})) and not faults
    found, faults = read(table(empty))
    assert found.images.to_list() == ["5"] and found.table.is_empty() and not faults


def test_rows_that_cannot_be_are_counted_and_the_rest_is_used(read):
    bad = [
        {"union": 1.5}, {"largest": -0.1}, {"sum": float("inf")}, {"union": float("nan")}, {"centrality": 2.0},
        {"instances": 0}, {"crowd": None}, {"kind": None}, {"union": None, "largest": None, "sum": None},
    ]  # fmt: skip
    found, faults = read(table(*({"image_id": f"bad{i}"} | change for i, change in enumerate(bad)), {}))
    assert found.table.equals(table({}))
    assert faults == [
        (
            "rows of areas with values that cannot be (left out)",
            len(bad),
            ("row 0 (bad0)", "row 1 (bad1)", "row 2 (bad2)"),
        )
    ]


def test_of_repeated_rows_the_first_counts(read):
    found, faults = read(
        table({}, {"category": "DOG", "union": 0.5}, {"category": "unicorn"}, {"image_id": None}, {"union": 0.75})
    )
    assert found.table.equals(table({}))
    assert faults == [
        ("rows of areas without an image id (left out)", 1, ("row 3 (None)",)),
        ("categories with areas that the vocabulary does not know (left out)", 1, ("unicorn",)),
        ("rows of areas for an image and category that have one (left out)", 2, ("row 1 (12)", "row 4 (12)")),
    ]


def test_what_is_no_table_of_areas_is_refused(read, tmp_path):
    with pytest.raises(CorpusError, match=r"areas.parquet has no column largest, crowd; it has image_id, cat") as error:
        read(table({}).drop("largest", "crowd"))
    assert "crowd (Boolean)" in error.value.hint
    with pytest.raises(CorpusError, match=r"other types: instances \(Float64\), crowd \(String\)"):
        read(table({}).with_columns(pl.lit(1.5).alias("instances"), pl.lit("no").alias("crowd")))
    with pytest.raises(CorpusError, match="none of its 2 rows can be used") as error:
        read(table({"union": 2500.0}, {"union": 0.5, "largest": 700.0}))
    assert "shares of the image" in error.value.hint
    with pytest.raises(CorpusError, match="none of its 2 categories is in the vocabulary"):
        read(table({"category": "cube"}, {"category": "cone"}))
    write_areas(table({}), tmp_path / "whole")
    (tmp_path / "cut").write_bytes((tmp_path / "whole").read_bytes()[:-30])
    (tmp_path / "text").write_bytes(b"image,category\n")
    (tmp_path / "empty").write_bytes(b"")
    for name, message in (("cut", "cut cannot be read"), ("text", "text is not JSON"), ("empty", "empty is not JSON"),
                          ("missing", "cannot read .*missing"), ("", "cannot read")):  # fmt: skip
        with pytest.raises(UsageError, match=message):
            read_areas(tmp_path / name, CATEGORIES, Faults())


def test_an_instances_file_is_known_by_its_content(tmp_path):
    path = tmp_path / "areas.parquet"
    path.write_text(
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "one.jpg", "width": 40, "height": 20}],
                "categories": [{"id": 1, "name": "cup"}],
                "annotations": [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 20, 20]}],
            }
        )
    )
    assert read_areas(path, CATEGORIES, Faults()).table.row(0)[:6] == ("1", "cup", 0.5, 0.5, 0.5, 1)


def test_typical_sizes_come_back_and_are_checked(tmp_path):
    sizes = typical_sizes(table({}, {"image_id": "7", "union": 0.75}, {"category": "hot dog", "sum": None}))
    assert sizes.rows() == [("dog", 0.5, 0.125, 0.375, 2), ("hot dog", 0.25, 0.125, None, 1)]
    path = tmp_path / "typical.parquet"
    write_typical(sizes, path)
    faults = Faults()
    assert read_typical(path, CATEGORIES, faults).equals(sizes) and not len(faults)
    assert read_typical(path, ("dog", "cup"), faults)["category"].to_list() == ["dog"]
    assert faults.count("categories with areas that the vocabulary does not know (left out)") == 1
    for change, message in (
        (pl.lit("dog").alias("category"), "two typical sizes of 'dog'"),
        (pl.lit(0.0).alias("largest"), "row 0 has no category, or sizes that cannot be"),
        (pl.lit(1.25).alias("union"), "row 0 has no category, or sizes that cannot be"),
        (pl.lit(float("nan")).alias("sum"), "row 0 has no category, or sizes that cannot be"),
        (pl.lit(None, pl.String).alias("category"), "row 0 has no category"),
        (pl.lit("x").alias("images"), r"other types: images \(String\)"),
        (pl.Series("category", ["cube", "cone"]), "typical sizes of typical.parquet are of no category of the voc"),
    ):
        write_typical(sizes.with_columns(change), path)
        with pytest.raises(CorpusError, match=message):
            read_typical(path, CATEGORIES, Faults())


def test_typical_sizes_of_any_areas(tmp_path):
    areas = table({}, {"image_id": "7", "union": 0.75}, {"category": "unicorn"})
    write_areas(areas, tmp_path / "areas.parquet")
    faults = Faults()
    sizes = read_typical(tmp_path / "areas.parquet", CATEGORIES, faults)
    assert sizes.rows() == [("dog", 0.5, 0.125, 0.375, 2)]
    assert faults.count("categories with areas that the vocabulary does not know (left out)") == 1
    with pytest.raises(UsageError, match=r"cannot read .*coc"):
        read_typical("coc", CATEGORIES, faults)


def test_typical_sizes_that_come_with_the_package():
    faults = Faults()
    names = tuple(load_vocabulary("coco80").names)
    sizes = read_typical("coco", names, faults)
    assert sizes["category"].to_list() == list(names) and not len(faults)
    assert sizes.select((pl.col("largest") <= pl.col("union")) & (pl.col("union") <= pl.col("sum"))).to_series().all()
    few = read_typical("coco", ("cube", "Dog", "hot dog"), faults)  # what it has besides is no fault of the corpus
    assert few["category"].to_list() == ["Dog", "hot dog"] and not len(faults)
    with pytest.raises(CorpusError, match="the typical sizes of coco are of no category of the vocabulary"):
        read_typical("coco", ("cube", "cone"), faults)


@pytest.fixture(scope="module")
def boxes():
    faults = Faults()
    names = tuple(load_vocabulary("coco80").names)
    return read_areas(_real() / "instances_boxes_val2017.json.gz", names, faults), faults


def test_typical_sizes_that_come_with_the_package_are_those_of_coco_val2017(boxes):
    names = tuple(load_vocabulary("coco80").names)
    known = read_typical("coco", names, Faults())
    again = typical_sizes(boxes[0].table)
    for name in ("union", "largest", "sum"):
        wrong = known.join(again, on="category").filter((pl.col(name) / pl.col(f"{name}_right") - 1).abs() > 6e-4)
        assert wrong.is_empty()
    assert known.join(again, on=["category", "images"]).height == 80


def test_boxes_of_coco_val2017(boxes):
    found, faults = boxes
    assert (len(found.images), found.table["instances"].sum()) == (5000, 36_781)
    assert [(fault.kind, fault.times) for fault in faults] == [("annotated things without area (taken as area 0)", 1)]
    order = found.table.filter(
        (pl.col("largest") > pl.col("union") + 1e-12) | (pl.col("union") > pl.col("sum") + 1e-12)
    )
    assert order.is_empty() and found.table["union"].max() <= 1 and set(found.table["kind"]) == {"box"}
    single = found.table.filter(pl.col("instances") == 1)
    assert (single["union"] - single["sum"]).abs().max() < 1e-12


def test_an_empty_parquet_file_is_not_called_bad_json(tmp_path):
    (tmp_path / "areas.parquet").write_bytes(b"")
    with pytest.raises(UsageError, match=r"areas\.parquet cannot be read: .*0 bytes"):
        read_areas(tmp_path / "areas.parquet", ("dog",), Faults())
