"""Detectors against transformers' own post-processing, on tiny random checkpoints; boxes come in fractions."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from primacy.corpus.areas.detect.closed import label_categories  # noqa: E402
from primacy.corpus.areas.detect.detector import Detections, corners, detections  # noqa: E402
from primacy.corpus.areas.detect.grounding import name_queries  # noqa: E402
from primacy.corpus.areas.detect.loading import load_detector  # noqa: E402
from primacy.corpus.areas.detect.prompts import Prompt, Prompts  # noqa: E402
from primacy.corpus.areas.detect.spec import DetectSpec  # noqa: E402
from primacy.design.vocabulary import Vocabulary, load_vocabulary, parse_vocabulary  # noqa: E402
from primacy.errors import EncoderError, UsageError  # noqa: E402

WORDS = parse_vocabulary("words", "cat\ndog\nperson\nbench\n")
MIXED = parse_vocabulary("mixed", "cat\nfire hydrant\nperson\ncouch\ntraffic light\n")


def detector(folder, vocabulary: Vocabulary = MIXED, **changes):
    return load_detector(DetectSpec(f"hf:{folder}", vocabulary, device="cpu", **changes))


def in_pixels(found: Detections, image) -> np.ndarray:
    return found.boxes * ([image.width, image.height] * 2)


def expected(boxes, image) -> np.ndarray:
    """Boxes in pixels as transformers gives them, cut at the image's edges."""
    return np.clip(boxes.double().numpy(), 0, [image.width, image.height] * 2)


def visible(edges: np.ndarray) -> np.ndarray:
    return (edges[:, 2] > edges[:, 0]) & (edges[:, 3] > edges[:, 1])


@pytest.fixture
def one_thread():
    """Sums in one order: how many threads there are changes a random detector's boxes by more than the batch does."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def alike(one: Detections, other: Detections) -> None:
    np.testing.assert_allclose(one.boxes, other.boxes, atol=2e-5)
    np.testing.assert_allclose(one.scores, other.scores, atol=2e-5)
    assert one.categories.tolist() == other.categories.tolist()


def test_grounding_dino_names_queries_as_transformers_does_where_its_phrase_is_one_word(checkpoint):
    """Random tokens: where exactly one word is above the text threshold, it is the category, of the same score."""
    folder, rng = checkpoint("grounding"), np.random.default_rng(1)
    parts = transformers.AutoImageProcessor.from_pretrained(folder), transformers.AutoTokenizer.from_pretrained(folder)
    (prompt,) = Prompts(parts[1], WORDS.names, 32).of(range(len(WORDS)))
    logits = torch.full((1, 300, 32), float("-inf"))
    logits[0, :, : len(prompt.input_ids)] = torch.from_numpy(rng.normal(-2, 1.5, (300, len(prompt.input_ids)))).float()
    for start, _ in prompt.spans:
        logits[0, rng.permutation(300)[:120], start] = 0.4
    logits[0, :, [0, 2, 4, 6, 8, 9]] = -4.0  # [CLS], the full stops, [SEP]
    logits[0, (logits[0].sigmoid() > 0.25).sum(dim=1) == 0, 1] = 0.7  # transformers loses count of empty phrases
    boxes = torch.from_numpy(rng.uniform(0.1, 0.4, (1, 300, 4))).float()
    outputs = SimpleNamespace(logits=logits, pred_boxes=boxes)
    theirs = transformers.GroundingDinoProcessor(*parts).post_process_grounded_object_detection(
        outputs, torch.tensor([prompt.input_ids]), threshold=0.3, text_threshold=0.25, target_sizes=[(40, 60)]
    )[0]
    named = name_queries(logits[0], prompt, 0.3, 0.25)
    at = torch.nonzero(logits[0].sigmoid().amax(dim=1) > 0.3)[:, 0]
    one_word = [text in WORDS.names for text in theirs["text_labels"]]
    assert len(one_word) == len(at)
    assert 50 < sum(one_word) < len(at)
    chosen, words = at[one_word], np.array(theirs["text_labels"])[one_word]
    assert named.kept[chosen].all()
    assert [WORDS.names[k] for k in named.place[chosen].tolist()] == words.tolist()
    torch.testing.assert_close(named.score[chosen], theirs["scores"][one_word])
    torch.testing.assert_close(corners(boxes[0, at]) * torch.tensor([60, 40, 60, 40]), theirs["boxes"])


@pytest.mark.parametrize("kind", ["grounding", "mm-grounding"])
def test_grounding_dinos_boxes_are_those_of_transformers(checkpoint, pictures, kind):
    folder = checkpoint(kind)
    ours = detector(folder, WORDS, threshold=0.0, text_threshold=0.0)
    model = transformers.AutoModelForZeroShotObjectDetection.from_pretrained(folder)
    parts = transformers.AutoImageProcessor.from_pretrained(folder), transformers.AutoTokenizer.from_pretrained(folder)
    processor = transformers.GroundingDinoProcessor(*parts)
    for image in pictures:
        inputs = processor(images=image, text=[WORDS.names], return_tensors="pt")
        with torch.inference_mode():
            out = model(**inputs)
        theirs = processor.post_process_grounded_object_detection(
            out, inputs["input_ids"], threshold=0.0, text_threshold=0.0, target_sizes=[(image.height, image.width)]
        )[0]
        found = ours.detect([ours.prepare(image)], [ours.categories])[0]
        edges = expected(theirs["boxes"], image)
        np.testing.assert_allclose(in_pixels(found, image), edges[visible(edges)], atol=1e-3)


def planted(rows: list[list[float]]):
    """Logits of queries whose token probabilities are `rows`, padded as the model pads them."""
    probabilities = torch.tensor(rows, dtype=torch.float64)
    return torch.nn.functional.pad(torch.logit(probabilities), (0, 3), value=float("-inf")).float()


#                 CLS fire hydrant  .   dog   .   hot  dog   .   SEP
PROMPT = Prompt((101, 7, 8, 1012, 5, 1012, 6, 5, 1012, 102), (3, 1, 9), ((1, 3), (4, 5), (6, 8)))


@pytest.mark.parametrize(
    ("row", "place", "kept", "score"),
    [
        ([0.01, 0.70, 0.60, 0.01, 0.02, 0.01, 0.01, 0.02, 0.01, 0.01], 0, True, 0.70),
        # one word of two: the box counts for the whole name while the mean is above the text threshold
        ([0.01, 0.10, 0.60, 0.01, 0.02, 0.01, 0.01, 0.02, 0.01, 0.01], 0, True, 0.60),
        ([0.01, 0.10, 0.35, 0.01, 0.02, 0.01, 0.01, 0.02, 0.01, 0.01], 0, False, 0.35),
        # "dog" lights up in "hot dog" as well: the name all of whose words fit wins
        ([0.01, 0.01, 0.01, 0.01, 0.60, 0.01, 0.05, 0.70, 0.01, 0.01], 1, True, 0.60),
        ([0.01, 0.01, 0.01, 0.01, 0.60, 0.01, 0.65, 0.70, 0.01, 0.01], 2, True, 0.70),
        # a probable full stop is no category
        ([0.90, 0.01, 0.01, 0.90, 0.20, 0.90, 0.01, 0.01, 0.90, 0.90], 1, False, 0.20),
        ([0.01, 0.01, 0.01, 0.01, 0.299, 0.01, 0.01, 0.01, 0.01, 0.01], 1, False, 0.299),
    ],
)
def test_a_query_goes_to_the_name_whose_words_fit_best(row, place, kept, score):
    named = name_queries(planted([row]), PROMPT, 0.3, 0.25)
    assert (named.place.item(), named.kept.item()) == (place, kept)
    assert named.score.item() == pytest.approx(score)


def test_grounding_dino_asks_in_several_passes_what_is_too_long_for_one(checkpoint, pictures):
    """Prompts of 32 tokens at most: what all of them find together is what each finds alone."""
    many = parse_vocabulary("many", "\n".join(["cat", "fire hydrant", "qwertyui", "hot dog", "asdfghjk", "zxcvbnml"]))
    ours = detector(checkpoint("grounding"), many, threshold=0.05, text_threshold=0.01)
    prompts = ours._prompts(ours.categories)
    assert len(prompts) > 1
    image = ours.prepare(pictures[0])
    whole = ours.detect([image], [ours.categories])[0]
    parts = [ours.detect([image], [prompt.categories])[0] for prompt in prompts]
    alike(whole, Detections(*(np.concatenate(column) for column in zip(*parts, strict=True))))
    assert len(np.unique(whole.categories)) > 2


@pytest.mark.parametrize("kind", ["owlv2", "owlvit"])
def test_owl_agrees_with_transformers(checkpoint, pictures, kind):
    folder = checkpoint(kind)
    ours = detector(folder, threshold=0.1)
    model = transformers.AutoModelForZeroShotObjectDetection.from_pretrained(folder)
    images = transformers.AutoImageProcessor.from_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    prompts = ["a photo of a cat", "a photo of a fire hydrant", "a photo of a person", "a photo of a couch",
               "a photo of a traffic light"]  # fmt: skip
    texts = tokenizer(prompts, padding="max_length", max_length=40, return_tensors="pt")
    for image in pictures:
        with torch.inference_mode():
            out = model(**images(images=image, return_tensors="pt"), **texts)
        theirs = images.post_process_object_detection(out, 0.1, [(image.height, image.width)])[0]
        found = ours.detect([ours.prepare(image)], [ours.categories])[0]
        edges = expected(theirs["boxes"], image)
        seen = visible(edges)
        assert seen.any()
        np.testing.assert_allclose(in_pixels(found, image), edges[seen], atol=1e-3)
        np.testing.assert_allclose(found.scores, theirs["scores"].numpy()[seen], atol=1e-5)
        assert found.categories.tolist() == theirs["labels"].numpy()[seen].tolist()


def test_owl_considers_only_what_it_is_asked_for(checkpoint, pictures):
    ours = detector(checkpoint("owlv2"), threshold=0.0)
    some = [ours.prepare(image) for image in pictures[:3]]
    mixed = ours.detect(some, [(1, 4), (0,), ours.categories])
    assert set(mixed[0].categories.tolist()) <= {1, 4}
    assert set(mixed[1].categories.tolist()) == {0}
    for image, asked, found in zip(some, [(1, 4), (0,), ours.categories], mixed, strict=True):
        alike(found, ours.detect([image], [asked])[0])


@pytest.mark.parametrize("kind", ["detr", "yolos"])
def test_detectors_with_labels_agree_with_transformers(checkpoint, pictures, kind):
    folder = checkpoint(kind)
    ours = detector(folder, threshold=0.1)
    model = transformers.AutoModelForObjectDetection.from_pretrained(folder)
    images = transformers.AutoImageProcessor.from_pretrained(folder)
    labels = {1: 2, 2: 3, 3: 4, 5: 0}  # Person, sofa, traffic_light, cat in the vocabulary
    assert ours.labels == labels
    n = 0
    for image in pictures:
        with torch.inference_mode():
            out = model(**images(images=image, return_tensors="pt"))
        theirs = images.post_process_object_detection(out, 0.1, [(image.height, image.width)])[0]
        found = ours.detect([ours.prepare(image)], [ours.categories])[0]
        edges = expected(theirs["boxes"], image)
        kept = np.array([label in labels for label in theirs["labels"].tolist()], dtype=bool) & visible(edges)
        np.testing.assert_allclose(in_pixels(found, image), edges[kept], atol=1e-3)
        np.testing.assert_allclose(found.scores, theirs["scores"].numpy()[kept], atol=1e-5)
        assert found.categories.tolist() == [labels[label] for label in theirs["labels"].numpy()[kept].tolist()]
        n += len(found.scores)
    assert n


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("kind", ["grounding", "owlv2", "detr", "yolos"])
def test_images_of_one_key_give_in_a_batch_what_they_give_alone(checkpoint, pictures, kind):
    ours = detector(checkpoint(kind), threshold=0.1, text_threshold=0.1)
    prepared = [ours.prepare(image) for image in pictures]
    keys = [ours.batch_key(one, ours.categories) for one in prepared]
    assert keys[0] == keys[2]
    same = [one for one, key in zip(prepared, keys, strict=True) if key == keys[0]]
    together = ours.detect(same, [ours.categories] * len(same))
    for one, found in zip(same, together, strict=True):
        alike(found, ours.detect([one], [ours.categories])[0])


@pytest.mark.parametrize("kind", ["grounding", "detr"])
def test_padding_to_one_size_would_change_what_is_found(checkpoint, pictures, kind):
    """Why images of different shapes never share a batch: padded with the processor's mask, boxes move."""
    folder = checkpoint(kind)
    ours = detector(folder)
    keys = [ours.batch_key(ours.prepare(image), ours.categories) for image in pictures[:2]]
    assert keys[0] != keys[1]
    images = transformers.AutoImageProcessor.from_pretrained(folder)
    texts = {}
    if kind == "grounding":
        model = transformers.AutoModelForZeroShotObjectDetection.from_pretrained(folder)
        texts = dict(transformers.AutoTokenizer.from_pretrained(folder)(["cat. dog."] * 2, return_tensors="pt"))
    else:
        model = transformers.AutoModelForObjectDetection.from_pretrained(folder)
    with torch.inference_mode():
        padded = model(**images(images=pictures[:2], return_tensors="pt"), **texts).pred_boxes[0]
        alone = model(
            **images(images=pictures[0], return_tensors="pt"), **{name: ids[:1] for name, ids in texts.items()}
        ).pred_boxes[0]
    assert (padded - alone).abs().max() > 1e-3


def test_labels_are_found_by_name_plural_and_synonym():
    coco = load_vocabulary("coco80")
    found = label_categories({0: "N/A", 1: "TV", 2: "Potted_Plant", 3: "aeroplane", 4: "dogs", 5: "wing"}, coco)
    assert {label: coco.names[k] for label, k in found.items()} == {
        1: "tv", 2: "potted plant", 3: "airplane", 4: "dog"
    }  # fmt: skip
    # a name counts before another category's synonym
    own = parse_vocabulary("own", "name,synonyms\nvehicle,car\ncar,automobile\n", table=True)
    assert label_categories({7: "car"}, own) == {7: 1}


def test_a_detector_without_any_of_the_categories_is_refused(checkpoint):
    with pytest.raises(UsageError, match="no label that names a category"):
        detector(checkpoint("detr"), parse_vocabulary("other", "moon\nsun\n"))


def test_a_prompt_longer_than_owl_reads_is_refused(checkpoint):
    with pytest.raises(UsageError, match="takes 40 at most"):
        detector(checkpoint("owlv2"), parse_vocabulary("long", f"{'x' * 40}\ncat\n"))


def test_boxes_are_cut_at_the_edges_and_what_is_no_number_is_refused():
    boxes = torch.tensor([[-0.5, 0.25, 0.5, 2.0], [1.0, 0.0, 1.5, 1.0], [0.2, 0.3, 0.2, 0.9]])
    found = detections(boxes, torch.tensor([0.9, 0.8, 0.7]), torch.tensor([4, 5, 6]), "it")
    assert found.boxes.tolist() == [[0.0, 0.25, 0.5, 1.0]]
    assert found.categories.tolist() == [4]
    with pytest.raises(EncoderError, match="NaN or infinite"):
        detections(boxes * float("nan"), torch.ones(3), torch.ones(3), "it")
