"""Renderers: scenes become images with exact instance masks."""
