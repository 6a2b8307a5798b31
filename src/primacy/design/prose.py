"""Three natural long captions of our own for 2 to 5 objects (the role of the paper's LongPrompt, App. 7.6): each
between 20 and 60 words, none holding a word that a built-in vocabulary knows."""

_DIARY_START = "Late in the afternoon, while rain was still drumming softly outside, she wrote in her diary about"
_TOUR_START = "Visitors to the old harbour museum are invited to begin their walk beside"
_LIST_START = "According to the careful notes of the insurance clerk, the following was found there:"

PROSE: dict[str, dict[int, str]] = {
    "rainy-diary": {
        2: f"{_DIARY_START} {{a1}} that had caught her eye that morning, and then, at some length, about {{a2}}.",
        3: f"{_DIARY_START} {{a1}} that had caught her eye that morning, then about {{a2}} she could not forget, and"
        " finally, at some length, about {a3}.",
        4: f"{_DIARY_START} {{a1}} that had caught her eye that morning, then about {{a2}} she could not forget, about"
        " {a3} a neighbour owned, and finally, at some length, about {a4}.",
        5: f"{_DIARY_START} {{a1}} that had caught her eye that morning, then about {{a2}} she could not forget, about"
        " {a3} a neighbour owned, about {a4} others had missed, and finally, at some length, about {a5}.",
    },
    "guided-tour": {
        2: f"{_TOUR_START} {{a1}}, lit from above by a pale lamp, before they are led along the gallery towards"
        " {a2}, which closes the exhibition.",
        3: f"{_TOUR_START} {{a1}}, lit from above by a pale lamp, before they pause in front of {{a2}} and are led"
        " along the gallery towards {a3}, which closes the exhibition.",
        4: f"{_TOUR_START} {{a1}}, lit from above by a pale lamp, before they pause in front of {{a2}}, admire {{a3}}"
        " in the second hall and are led along the gallery towards {a4}, which closes the exhibition.",
        5: f"{_TOUR_START} {{a1}}, lit from above by a pale lamp, before they pause in front of {{a2}}, admire {{a3}}"
        " in the second hall, walk slowly around {a4} and are led along the gallery towards {a5}, which closes the"
        " exhibition.",
    },
    "inventory": {
        2: f"{_LIST_START} to begin with {{a1}} in good order, and last of all {{a2}} of uncertain value.",
        3: f"{_LIST_START} to begin with {{a1}} in good order, next {{a2}} with slight marks of use, and last of all"
        " {a3} of uncertain value.",
        4: f"{_LIST_START} to begin with {{a1}} in good order, next {{a2}} with slight marks of use, after that {{a3}}"
        " recently repaired, and last of all {a4} of uncertain value.",
        5: f"{_LIST_START} to begin with {{a1}} in good order, next {{a2}} with slight marks of use, after that {{a3}}"
        " recently repaired, also {a4} still in its wrapping, and last of all {a5} of uncertain value.",
    },
}
