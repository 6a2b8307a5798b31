"""Captions from files of many formats, a block at a time, every fault in them counted."""

from primacy.corpus.captions.block import CaptionBlock
from primacy.corpus.captions.columns import Columns
from primacy.corpus.captions.files import CaptionFile, open_captions
from primacy.corpus.captions.read import BLOCK_ROWS, read_blocks

__all__ = ["BLOCK_ROWS", "CaptionBlock", "CaptionFile", "Columns", "open_captions", "read_blocks"]
