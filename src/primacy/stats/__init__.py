"""Estimates, intervals and decisions; arrays in, small frozen records out, no files and no encoders.

    resample.py       ratios of sums resampled by cluster, all columns jointly
    intervals.py      intervals of shares, contrasts and ratios; simultaneous levels
    compare.py        p-values that agree with the intervals, Holm's adjustment, equivalence
    power.py          how many object sets would settle an inconclusive estimate
    verdict.py        bias, artefact, equivalent or inconclusive, and the sentence that says why
    effects.py        effects and their nulls from resampled columns; verdicts over one family
    tor_estimates.py  the estimates of the TOR probe
    logit.py          the conditional-logit engine: Newton's method, sandwich covariance
    choice.py         attribution: which of position, token count and category decides the winner

Import from these files; nothing is re-exported here.
"""
