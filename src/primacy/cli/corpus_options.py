"""Options that the commands of `primacy corpus` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ExtractorName = Annotated[
    str, typer.Option("--extractor", help="What finds mentions: lexicon, spacy:MODEL (noun chunks) or hf:MODEL.")
]
LexiconFile = Annotated[
    Path | None, typer.Option("--lexicon", help="Words of your own, added to the lexicon (docs/corpus-mentions.md).")
]
TextColumn = Annotated[
    str | None, typer.Option(help="Column of the captions [default: caption, text, ..., or the only one of strings]")
]
ImageColumn = Annotated[
    str | None, typer.Option(help="Column of the images' ids [default: image_id; without it, the captions' own]")
]
IdColumn = Annotated[
    str | None, typer.Option(help="Column of the captions' ids [default: caption_id, else file and row]")
]
SourceColumn = Annotated[
    str | None, typer.Option(help="Column of where captions come from [default: source, else the file's name]")
]
EngineName = Annotated[str, typer.Option("--engine", help="local, or ray: tasks of a Ray cluster.")]
Address = Annotated[
    str | None,
    typer.Option(help="Ray cluster: auto, host:port or ray://host:port [default: $RAY_ADDRESS, else this machine]"),
]
Workers = Annotated[int, typer.Option(min=1, help="Processes of --engine local.")]
Strict = Annotated[bool, typer.Option("--strict", help="Any fault in the corpus is fatal.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but faults.")]
