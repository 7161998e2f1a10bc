from itertools import combinations, product

from tests.im2rec.pairs import all_pairs


def test_every_pair_of_values_occurs():
    choices = {"a": [0, 1], "b": [0, 1, 2], "c": ["x", "y"], "d": [False, True]}
    sets = all_pairs(choices)
    assert len(sets) < 10
    for one, other in combinations(choices, 2):
        for pair in product(choices[one], choices[other]):
            assert any((chosen[one], chosen[other]) == pair for chosen in sets)
