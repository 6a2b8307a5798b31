"""Estimates, intervals and decisions; arrays in, small frozen records out, no files and no encoders.

    resample.py       ratios of sums resampled by cluster, all columns jointly
    intervals.py      intervals of shares, contrasts and ratios; simultaneous levels
    compare.py        p-values that agree with the intervals, Holm's adjustment, equivalence
    power.py          how many object sets would settle an inconclusive estimate
    verdict.py        bias, artefact, equivalent or inconclusive, and the sentence that says why
    effects.py        effects and their nulls from resampled columns; verdicts over one family
    columns.py        columns of a probe, resampled jointly and turned into records
    tor_estimates.py, toc_estimates.py, size_estimates.py          the probes of texts
    image_estimates.py, matching_estimates.py, ioc_estimates.py, attention_estimates.py   those of pictures
    photo_estimates.py, crop_estimates.py   those of photos
    elasticity.py     area elasticity, centre preference and the ratio at which they balance
    logit.py          the conditional-logit engine: Newton's method, sandwich covariance
    choice.py         attribution: which of position, token count and category decides the winner
    picture_model.py, image_choice.py   the same for pictures: area, centrality, slot, contrast, category
    deviance_split.py  what each of these explains
    jackknife.py      the delete-a-group jackknife of sums, ratios and functions of them
    mantel_haenszel.py   the common odds ratio over strata; odds ratios in bits
    conditional_logit.py, conditional_likelihood.py   binary outcomes with strata held fixed

Import from these files; nothing is re-exported here.
"""
