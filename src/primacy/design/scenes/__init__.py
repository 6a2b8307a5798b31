"""Factorial, seeded, counter-balanced designs of scenes. Pure: no I/O, no torch, no renderer.

`build(SceneRequest("one-large"), shapes)` gives a `SceneDesign`; `balance(scenes)` counts what it holds constant.
"""
