from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primacy.errors import RunError
from primacy.report.attention_section import last_layer
from primacy.report.command import command
from primacy.report.figures import level_svg, reach, save_png
from primacy.report.heats import heats
from primacy.report.matching_section import main_effects
from primacy.report.panels import headline_panels, panel
from primacy.report.pictures import compact_panels, image_sections
from primacy.report.select import Case, Records, crossing, ordered
from primacy.report.story import method
from primacy.report.words import case_title, effect_title, ratio, trial_noun
from primacy.results.spec import PROBES, AuditSpec, ImageSpec

ONE_LARGE = Case("ior", 4, stimuli="one-large")
READING = ["upper-left", "upper", "upper-right", "left", "centre", "right", "lower-left", "lower", "lower-right"]


def copied(result, source, **changes):
    """Copies of the estimates of one kind of pictures, changed."""
    copies = tuple(e.model_copy(update=changes) for e in result.estimates if e.stimuli == source)
    return result.model_copy(update={"estimates": result.estimates + copies})


def test_two_kinds_of_pictures_keep_their_own_numbers(build_pictures):
    result = copied(build_pictures(probes=("ior",), nulls=()), "one-large", stimuli="size-ladder", value=0.111)
    records = Records(result)
    assert [case.stimuli for case in records.cases("ior")] == ["one-large", "pair-ladder", "size-ladder"]
    for case in records.cases("ior"):
        shown = panel(records, case, "winner_share", "size_level")
        if shown and case.stimuli == "size-ladder":
            assert [cell.value for cell in shown.encoder.cells] == [0.111, 0.111]
        elif shown:
            assert shown.encoder.cells[0].value == pytest.approx(0.65)
    titles = [block.title for section in image_sections(records) for block in section.blocks]
    assert "4 objects, one-large" in titles
    assert "4 objects, size-ladder" in titles


@given(st.permutations(READING))
def test_slots_are_read_like_a_page(levels):
    assert ordered(levels) == READING


@given(st.permutations(["8.0", "0.125", "1.0", "0.5", "10.0"]))
def test_numbers_ascend_by_value(levels):
    assert ordered(levels) == ["0.125", "0.5", "1.0", "8.0", "10.0"]


def test_other_levels_stay_as_they_come_and_sizes_run_from_large_to_small():
    assert ordered(["b", "a"]) == ["b", "a"]
    assert ordered(["small", "large", "equal"]) == ["large", "equal", "small"]
    assert ordered(["large", "small 1", "small 2"]) == ["large", "small 1", "small 2"]
    assert ordered(["edge", "centre", "middle"]) == ["centre", "middle", "edge"]


@pytest.mark.parametrize(
    ("level", "shown"),
    [("0.125", "1/8"), ("1.0", "1"), ("8.0", "8"), ("2.5", "2.5"), ("0.3", "0.3"), ("nan", "nan"), ("x", "x")],
)
def test_ratios_are_written_as_people_write_them(level, shown):
    assert ratio(level) == shown


def test_crossed_levels_come_apart_also_where_three_are_crossed(whole_run):
    look = Records(whole_run).own
    case = Case("attention", 4, stimuli="one-large")
    assert crossing(look, case, "attention_density", "size_level*layer*head") == (
        [f"{size}*{layer}" for layer in range(12) for size in ("large", "small")],
        ["0", "1", "2", "3"],
    )
    sizes, scales = crossing(look, ONE_LARGE, "winner_share", "size_level*gallery_scale")
    assert (sizes, scales) == (["large", "small"], ["0.01", "0.025", "0.063", "0.158"])


def test_slot_tables_have_a_diagonal_and_size_tables_have_none(whole_run):
    records = Records(whole_run)
    (slots, *_), (sizes, *_) = (
        heats(records, ONE_LARGE, group) for group in ("slot*gallery_slot", "size_level*gallery_scale")
    )
    assert slots.square and slots.leading == 4
    assert slots.on == pytest.approx(0.27)
    assert not sizes.square and sizes.on is None


def test_slot_bias_of_a_null_comes_from_the_verdict_where_it_has_no_record(whole_run):
    shown = panel(Records(whole_run), ONE_LARGE, "winner_share", "slot")
    by_name = {row.label: row.extras[0] for row in shown.rows}
    assert by_name["flat-bag"].value == 0.004
    assert by_name["low-res"] is None


def test_a_verdict_on_other_pictures_is_not_taken_for_this_one(build_pictures):
    result = build_pictures(probes=("ior",), nulls=("flat-bag",))
    elsewhere = tuple(v.model_copy(update={"stimuli": "other"}) for v in result.verdicts)
    shown = panel(Records(result.model_copy(update={"verdicts": elsewhere})), ONE_LARGE, "winner_share", "slot")
    assert shown.rows[1].extras == (None,)


def test_chance_is_one_over_n_for_shares_half_for_pairs_and_stated_for_heads(whole_run):
    records = Records(whole_run)
    (matching,) = headline_panels(records, "matching", "scenario")
    (ioc,) = headline_panels(records, "ioc", "slot")
    (toir,) = headline_panels(records, "toir", "mention_position")
    assert matching.chance == (0.5, 0.5)
    assert ioc.chance == (0.011,) * 4
    assert toir.chance == (0.25,) * 4
    assert panel(records, Case("i2tor", 0, stimuli="photos"), "excess_share", "size_rank").chance == (None,) * 3


def test_main_effects_are_the_four_factors_without_their_interactions(whole_run):
    (case,) = Records(whole_run).cases("matching")
    shown = main_effects(Records(whole_run), case)
    assert [column.level for column in shown.columns] == ["removed", "correct", "wrong", "foil"]


def test_the_last_layer_is_that_of_each_encoder_even_where_depths_differ(build_pictures):
    result = build_pictures(probes=("attention",), nulls=("untrained#0",))
    null = result.nulls[0]
    shallow = tuple(e for e in null.estimates if not e.level.endswith(("*10", "*11")))
    shown = last_layer(
        Records(result.model_copy(update={"nulls": (null.model_copy(update={"estimates": shallow}),)})),
        Case("attention", 4, stimuli="one-large"),
    )
    assert [row.label for row in shown.rows] == [result.spec.encoder, "untrained#0"]
    assert shown.title == "attention in the last layer (11)"
    assert [column.title for column in shown.columns][:2] == ["density, large", "density, small"]


def test_sizes_by_rank_do_where_pictures_have_no_levels(build_pictures):
    result = build_pictures(probes=("attention",), nulls=())
    ranked = tuple(
        e.model_copy(
            update={
                "group": e.group.replace("size_level", "size_rank"),
                "level": e.level.replace("large*", "1*").replace("small*", "2*"),
            }
        )
        for e in result.estimates
    )
    (section,) = image_sections(Records(result.model_copy(update={"estimates": ranked})))
    assert [column.title for column in section.blocks[0].panels[0].columns][:2] == ["density, 1", "density, 2"]


def test_figures_of_differences_go_as_far_below_zero_as_above(whole_run):
    records = Records(whole_run)
    (case,) = records.cases("matching")
    shown = main_effects(records, case)
    assert reach([shown]) == pytest.approx(1.06 * 0.15)
    root = ElementTree.fromstring(level_svg(shown, top=reach([shown]), uid="u"))  # noqa: S314
    texts = [element.text.strip() for element in root.iter("text")]
    assert {"\u221210", "0", "10", "removed", "foil"} <= set(texts)
    assert "%" not in "".join(texts)


def test_the_ladder_is_drawn_with_a_line_for_each_place_and_each_null(whole_run):
    sections = {section.id: section for section in image_sections(Records(whole_run))}
    root = ElementTree.fromstring(sections["ladder"].blocks[0].drawings[0].svg)  # noqa: S314
    texts = [element.text.strip() for element in root.iter("text")]
    assert {"target centred", "other centred", "1/2", "1/8", "8"} <= set(texts)
    svg = str(sections["ladder"].blocks[0].drawings[0].svg)
    assert "var(--accent)" in svg and "var(--muted)" in svg
    assert "#0102" not in svg


def test_the_png_of_a_run_without_captions_shows_sizes(build_pictures, tmp_path):
    save_png(build_pictures(probes=("ior", "matching"), nulls=("flat-bag",)), tmp_path / "f.png", dpi=40)
    assert (tmp_path / "f.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(RunError, match="no winner share"):
        save_png(build_pictures(probes=("matching",), nulls=()), tmp_path / "g.png")


def test_the_method_names_each_kind_of_pictures_with_its_clusters(whole_run):
    told = method(Records(whole_run))
    assert "one-large (30 object sets), pair-ladder (30 object sets), photos (30 photos), crops (30 photos)" in told
    assert "scenes from comco, balanced gallery" in told
    assert "singles" not in told


def test_titles_of_effects_differ_by_what_was_measured(whole_run):
    titles = {(v.probe, v.effect): effect_title(v) for v in whole_run.verdicts}
    assert titles["ior", "log area"] != titles["attention", "log area"]
    assert titles["ior", "largest_deviation"] != titles["tor", "largest_deviation"]
    assert "accuracy" in titles["ioc", "large-small"]
    assert all("_" not in title for title in titles.values())


def test_denominators_are_called_what_they_count():
    assert trial_noun("ior", "winner_share") == "objects"
    assert trial_noun("ior", "paper_share") == "pictures"
    assert trial_noun("i2tor", "area_elasticity") == "pictures"
    assert trial_noun("toir", "winner_share") == "captions"
    assert trial_noun("matching", "matching_effect") == "pairs"
    assert case_title(Case("i2tor", 0, stimuli="photos")) == "any number of objects, photos"


def test_a_terminal_gets_a_table_or_two_for_each_probe(whole_run):
    shown = compact_panels(Records(whole_run))
    assert {p.case.probe for p in shown} == {"ior", "i2tor", "toir", "ioc", "matching", "attention"}
    slots = [p for p in shown if p.group == "slot" and p.case.probe == "ior"]
    assert [len(p.rows) for p in slots] == [1]


def test_the_command_names_options_of_pictures_that_differ_from_the_protocols():
    images = ImageSpec(scenes="simco", sets=7, ladder_sets=3, size=96, gallery="centred", foils=5)
    told = command(AuditSpec(encoder="x:y", probes=("ior", "matching"), images=images))
    assert told == (
        "primacy audit x:y --probes ior,matching --scenes simco --image-sets 7 --ladder-sets 3 --image-size 96"
        " --image-gallery centred --foils 5"
    )
    photos = ImageSpec(photos="my photos.zip", instances="i.json")
    assert command(AuditSpec(encoder="x:y", images=photos)) == (
        "primacy audit x:y --photos 'my photos.zip' --instances i.json"
    )


def test_the_command_names_probes_unless_all_were_asked_for():
    assert command(AuditSpec(encoder="x:y")) == "primacy audit x:y"
    assert command(AuditSpec(encoder="x:y", probes=PROBES)) == "primacy audit x:y"
    assert command(AuditSpec(encoder="x:y", probes=("tor", "toc"))) == "primacy audit x:y --probes tor,toc"


def test_the_command_of_the_published_protocol_takes_its_gallery_as_given():
    spec = {"encoder": "x:y", "protocol": "paper", "orders": "combinations", "gallery": "bare"}
    assert command(AuditSpec(**spec, images=ImageSpec(gallery="centred"))) == "primacy audit x:y --protocol paper"
    assert command(AuditSpec(**spec, images=ImageSpec(gallery="balanced"))).endswith("--image-gallery balanced")


def test_the_solid_line_of_the_ladder_is_that_of_the_centred_target_whatever_order_records_come_in(build_pictures):
    result = build_pictures(probes=("ior",), nulls=())
    turned = result.model_copy(update={"estimates": result.estimates[::-1]})
    svgs = []
    for run in (result, turned):
        (section,) = [section for section in image_sections(Records(run)) if section.id == "ladder"]
        svgs.append(str(section.blocks[0].drawings[0].svg))
        rows = section.blocks[0].panels[2].rows
        assert [row.level for row in rows] == ["target centred", "other centred"]
        assert [column.title for column in section.blocks[0].panels[1].columns] == [
            "1/8",
            "1/4",
            "1/2",
            "1",
            "2",
            "4",
            "8",
        ]
    assert svgs[0] == svgs[1]


def test_every_verdict_of_a_ladder_has_its_table(whole_run):
    (section,) = [section for section in image_sections(Records(whole_run)) if section.id == "ladder"]
    shown = {(column.metric, column.level) for block in section.blocks for p in block.panels for column in p.columns}
    assert {("area_elasticity", "log area"), ("centre_preference", "centrality")} <= shown


def test_matching_on_photos_stands_with_the_photos_and_not_with_the_scenarios(build_pictures):
    result = build_pictures(probes=("matching",), nulls=("flat-bag",))
    like = result.estimates[0].model_copy(update={"stimuli": "photos", "n_objects": 0, "group": "size_rank"})
    ranks = tuple(like.model_copy(update={"level": x}) for x in ("largest", "between", "smallest"))
    effect = like.model_copy(update={"metric": "matching_effect", "level": "largest-smallest", "value": 0.07})
    records = Records(result.model_copy(update={"estimates": (*result.estimates, *ranks, effect)}))
    sections = {section.id: section for section in image_sections(records)}
    assert [block.title for block in sections["matching"].blocks] == ["4 objects, one-large"]
    (block,) = sections["photos"].blocks
    assert block.title == "Matching, any number of objects, photos"
    assert block.panels[0].chance == (0.5, 0.5, 0.5)
    assert block.panels[0].encoder.extras[0].value == 0.07
    assert trial_noun("matching", "matching_accuracy", "photos") == "objects"
