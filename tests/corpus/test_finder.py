from primacy.corpus.finder import lexicon_finder
from primacy.design.vocabulary import load_vocabulary


def test_categories_are_found_once_each_in_the_order_of_first_mention():
    vocabulary = load_vocabulary("coco80")
    find = lexicon_finder(vocabulary)
    texts = ["Two dogs, a cat and another dog", "", "a hot dog", "nothing here", "a \ud800 cat"]
    named = [[vocabulary.names[category] for category in found] for found in find(texts)]
    assert named == [["dog", "cat"], [], ["hot dog"], [], ["cat"]]
    assert find([]) == []
