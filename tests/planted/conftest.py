import numpy as np
import pytest

from primacy.design.orders import orders
from primacy.design.sets import sample_sets
from primacy.design.templates import get_template
from primacy.design.text import TextDesign, gallery_texts
from primacy.design.vocabulary import load_vocabulary
from primacy.encoders.null import BagEncoder, ConstantEncoder, size_weights
from primacy.encoders.planted import Plant, PlantedEncoder
from primacy.identity import rng_stream
from primacy.probes.retrieval import score, unit
from primacy.probes.tor import TorSums
from primacy.stats.effects import AUDITED
from primacy.stats.tor_estimates import Cell, tor_estimates


class Bench:
    """One design on which any encoder can be scored and estimated."""

    def __init__(self, vocabulary="simco", n=4, sets=60, scheme="rotations", gallery="balanced", seed=0):
        self.vocabulary = load_vocabulary(vocabulary)
        drawn = sample_sets(len(self.vocabulary), n, sets, rng=rng_stream(seed, "bench"), sort=scheme == "combinations")
        self.design = TextDesign(self.vocabulary, drawn, orders(scheme, n), get_template("and", n))
        self.texts = gallery_texts(gallery, self.vocabulary, self.design.template)
        self.seed = seed

    def planted(self, **effects):
        return PlantedEncoder(self.vocabulary.names, Plant(**effects))

    def bag(self, items_seed=0, gamma=None):
        items = np.random.default_rng(items_seed).standard_normal((len(self.vocabulary), 128))
        weights = None if gamma is None else size_weights(self.vocabulary.categories, gamma)
        return BagEncoder(self.vocabulary.names, items, weights)

    def sums(self, encoder):
        gallery = unit(np.stack([encoder.encode_text(row) for row in self.texts]))
        block = self.design.block(0, len(self.design))
        sums = TorSums(self.design.n_clusters, len(self.texts), self.design.n_objects)
        sums.add(block, score(encoder.encode_text(block.texts), block.objects, gallery))
        return sums

    def estimate(self, encoder, **nulls):
        nulls = nulls or {"constant": ConstantEncoder()}
        sums = {AUDITED: self.sums(encoder)} | {name: self.sums(null) for name, null in nulls.items()}
        cell = Cell("balanced", "*", 0.95, 0.05)
        return tor_estimates(sums, cell, rng=rng_stream(self.seed, "resampling")), sums


@pytest.fixture(scope="session")
def bench():
    return Bench
