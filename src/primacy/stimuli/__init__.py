"""Stimuli that come from files: observed captions. (Captions of a design are rendered by the design itself.)"""
