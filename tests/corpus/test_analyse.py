"""From files to a result: what the parts are, put together, and what is refused on the way."""

import json

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from primacy.cli.app import app
from primacy.corpus.tables import AREAS

CAPTIONS = ("a man with a kite", "a kite above a man", "a dog and a sofa", "nothing of the kind", "two cats on a bed")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Forty images of each caption: the man is the larger one in half of them, sofa and bed are always large."""
    folder = tmp_path_factory.mktemp("corpus")
    annotations, areas = [], []
    for image in range(200):
        annotations.append({"id": image, "image_id": image, "caption": CAPTIONS[image % 5]})
        large = 0.5 if (image // 5) % 2 else 0.01
        things = {"person": large, "kite": 0.1, "dog": 0.05, "couch": 0.4, "cat": 0.02, "bed": 0.6}
        areas += [
            {"image_id": str(image), "category": name, "union": area, "largest": area, "sum": area, "instances": 1,
             "centrality": 0.5, "crowd": False, "kind": "mask"}
            for name, area in things.items()
        ]  # fmt: skip
    (folder / "captions.json").write_text(json.dumps({"annotations": annotations}))
    pl.DataFrame(areas, schema=AREAS).write_parquet(folder / "areas.parquet")
    return folder


@pytest.fixture
def primacy(tmp_path, corpus):
    def run(*words, areas=True):
        options = ["--areas", str(corpus / "areas.parquet")] if areas else []
        places = ["--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "runs")]
        return CliRunner().invoke(app, ["corpus", "analyse", *map(str, words), *options, *places])

    return run


def result(found):
    assert found.exit_code == 0, (found.output, found.exception)
    return json.loads(found.stdout)


def test_counts_and_shares_are_those_of_the_captions(primacy, corpus):
    found = result(primacy("--captions", corpus / "captions.json", "--json"))
    coverage = found["coverage"]
    assert (coverage["captions"], coverage["mentioning_two"], coverage["analysed"]) == (200, 160, 160)
    (pairs,) = (entry for entry in found["pairs"] if entry["slice"] == "all")
    # of 40 each: man first and larger in 20, kite first and larger in 20, the dog and the cats never
    assert pairs["n_pairs"] == 160
    assert pairs["larger_first"]["value"] == pytest.approx(40 / 160)
    assert found["faults"] == []
    assert len(found["spec"]["digests"]) == 2


def test_a_page_and_a_record_are_written(primacy, corpus, tmp_path):
    found = primacy("--captions", corpus / "captions.json", "--figures", tmp_path / "figures", "--quiet")
    assert found.exit_code == 0, found.output
    assert len(found.stdout.splitlines()) == 2  # the verdicts
    (folder,) = (tmp_path / "runs").iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["corpus.json", "report.html"]
    assert "areas.parquet" in (folder / "report.html").read_text("utf-8")
    assert (tmp_path / "figures" / "corpus-largest-first.png").stat().st_size > 1000


def test_mentions_of_a_file_give_the_same_result(primacy, corpus, tmp_path):
    table = tmp_path / "mentions.parquet"
    written = CliRunner().invoke(app, ["corpus", "mentions", str(corpus / "captions.json"), "-o", str(table)])
    assert written.exit_code == 0, written.output
    direct = result(primacy("--captions", corpus / "captions.json", "--json"))
    through = result(primacy("--mentions", table, "--json"))
    for name in ("coverage", "mentioned", "by_count", "pairs", "category_pairs", "verdicts"):
        assert through[name] == direct[name]


def test_files_may_follow_the_option(primacy, corpus, tmp_path):
    """As a shell expands --captions *.json."""
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"annotations": [{"id": 999, "image_id": 0, "caption": "a dog and a cat"}]}))
    found = result(primacy("--captions", corpus / "captions.json", other, "--json"))
    assert found["coverage"]["captions"] == 201
    assert found["spec"]["captions"] == ["captions.json", "other.json"]


def test_typical_sizes_say_nothing_of_images(primacy, corpus):
    found = result(primacy("--captions", corpus / "captions.json", "--typical", "coco", "--json", areas=False))
    assert {entry["slice"] for entry in found["pairs"]} == {"all", "set aside", "not mentioned"}
    assert found["pairs"][0]["within_part"]["value"] is None
    assert found["spec"]["typical"]


def test_images_without_captions_are_faults_and_fatal_if_wanted(primacy, corpus, tmp_path):
    some = tmp_path / "some.json"
    entries = json.loads((corpus / "captions.json").read_text())["annotations"][:100]
    some.write_text(json.dumps({"annotations": [*entries, {"id": 5000, "image_id": 77777, "caption": "a dog"}]}))
    found = result(primacy("--captions", some, "--json"))
    assert {fault["kind"]: fault["count"] for fault in found["faults"]} == {
        "captions of images without areas (left out)": 1,
        "images with areas and no caption (left out)": 100,
    }
    strict = primacy("--captions", some, "--strict")
    assert strict.exit_code != 0
    assert "77777" in str(strict.exception)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--captions", "C", "--mentions", "M"], "both captions and --mentions"),
        ([], "nothing to read"),
        (["--mentions", "M", "--vocabulary", "comco"], "vocabulary and an extractor of its own"),
        (["--captions", "C", "--measure", "onion"], "'onion'"),
        (["--captions", "C", "--set-aside", "persn"], "'persn'"),
        (["--captions", "C", "--typical", "coco"], "one of the two"),
    ],
)
def test_options_that_contradict_are_refused(primacy, corpus, words, said):
    files = {"C": str(corpus / "captions.json"), "M": "no.parquet"}
    found = primacy(*(files.get(word, word) for word in words))
    assert found.exit_code != 0
    assert said in str(found.exception)


def test_areas_of_other_images_are_refused(primacy, tmp_path):
    (tmp_path / "others.json").write_text(
        json.dumps({"annotations": [{"id": 1, "image_id": 4711, "caption": "a cat"}]})
    )
    found = primacy("--captions", tmp_path / "others.json")
    assert "'4711'" in str(found.exception)
    assert "'0'" in str(found.exception)


def wrong_about(table):
    return table.replace_schema_metadata({"primacy": "{"})


def no_about(table):
    return table.replace_schema_metadata({})


def numbers_for_categories(table):
    lists = pa.array([[1]] * len(table), pa.large_list(pa.int64()))
    return table.set_column(table.schema.get_field_index("categories"), "categories", lists)


def doubled(table):
    lists = pa.array([["dog", "dog"]] * len(table), table.schema.field("categories").type)
    return table.set_column(table.schema.get_field_index("categories"), "categories", lists)


def null_images(table):
    nothing = pa.nulls(len(table), table.schema.field("image_id").type)
    return table.set_column(table.schema.get_field_index("image_id"), "image_id", nothing)


@pytest.mark.parametrize("damage", [wrong_about, no_about, numbers_for_categories, doubled, null_images])
def test_a_table_that_is_none_of_mentions_is_refused(primacy, corpus, tmp_path, damage):
    table = tmp_path / "mentions.parquet"
    CliRunner().invoke(app, ["corpus", "mentions", str(corpus / "captions.json"), "-o", str(table)])
    pq.write_table(damage(pq.read_table(table)), table)
    found = primacy("--mentions", table)
    assert type(found.exception).__name__ == "CorpusError"
    assert "mentions.parquet" in str(found.exception)
