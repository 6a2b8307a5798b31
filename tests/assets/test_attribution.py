"""Credits of a library."""

from __future__ import annotations

from dataclasses import replace

from primacy.assets.attribution import LICENCES, SOURCES, attribution, is_share_alike, write_notices
from primacy.assets.catalogue import Asset, load

DOG = Asset("dog/1", "dog", "file", "A | dog <b>", "A[nn]\n# x", "CC-BY-3.0", "Scopia", 0.6, path="dog.obj")


def test_every_object_is_credited_in_one_row():
    text = attribution([DOG, replace(DOG, asset="cup/1", licence="Apache-2.0", source="own")])
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == 2
    assert rows[0].count(" | ") == 5 and "<b>" not in text and "\n# x" not in text
    assert LICENCES["CC-BY-3.0"] in rows[0] and SOURCES["Scopia"][1] in rows[0] and "turned, scaled" in rows[0]
    assert "this project" in rows[1] and "| none; rendered" in rows[1]


def test_share_alike_objects_bring_a_notice(tmp_path):
    write_notices(tmp_path, [DOG])
    assert not (tmp_path / "LICENCE.txt").exists()
    write_notices(tmp_path, [DOG, replace(DOG, licence="CC-BY-SA-3.0")])
    notice = (tmp_path / "LICENCE.txt").read_text()
    assert "CC-BY-SA-3.0" in notice and LICENCES["CC-BY-SA-3.0"] in notice
    write_notices(tmp_path, [DOG])
    assert not (tmp_path / "LICENCE.txt").exists()


def test_share_alike_is_told_by_the_name():
    assert [is_share_alike(n) for n in ("CC-BY-SA-3.0", "cc by-sa 4.0", "CC-BY-3.0", "USAF", "CC0-1.0")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_licences_and_sources_of_the_catalogue_are_known():
    for asset in load():
        assert asset.licence in LICENCES, asset
        assert asset.source == "own" or asset.source in SOURCES, asset
