"""From what a user names to a job: which objects, which design, which renderer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from primacy.assets import catalogue, user_folder
from primacy.assets.build import no_files
from primacy.assets.catalogue import Asset
from primacy.assets.library import Library, builtin, read
from primacy.design.scenes.design import build
from primacy.design.scenes.request import SceneRequest
from primacy.design.scenes.silhouettes import from_library
from primacy.design.vocabulary import load_vocabulary
from primacy.errors import AssetError, UnknownNameError, UsageError
from primacy.render.base import Renderer
from primacy.stimuli.layout import check_format
from primacy.stimuli.rendering import Job

VOCABULARIES = ("comco", "simco", "coco80")


def object_library(name: str) -> Library:
    """The sprites of the categories of "comco", "simco" or "coco80", or those of a library's folder.

    Raises:
        UnknownNameError: neither a name nor a folder.
        AssetError: the library cannot be read, or has no object.
    """
    if name in VOCABULARIES:
        names = set(load_vocabulary(name).names)
        shipped = builtin("simco" if name == "simco" else "comco")
        library = Library(tuple(s for s in shipped.sprites if s.category in names))
    elif Path(name).is_dir():
        library = read([Path(name)])
    else:
        raise UnknownNameError("vocabulary or folder of sprites", name, VOCABULARIES)
    if not library.sprites:
        raise AssetError(f"the sprite library {name} has no object")
    return library


@dataclass(frozen=True)
class RendererChoice:
    """A renderer by name, for the objects of `library` (see `object_library`); opened where it is needed.

    The rest is Blender's: `samples`, rays a pixel (None for its default); `blender`, the program (None to look for it);
    `cache`, the folder of unpacked meshes.

    Raises:
        UnknownNameError: no such renderer.
        UsageError: a setting of Blender for another renderer, or no samples.
    """

    name: str
    library: str
    samples: int | None = None
    blender: Path | None = None
    cache: Path | None = None

    def __post_init__(self) -> None:
        if self.name not in RENDERERS:
            raise UnknownNameError("renderer", self.name, RENDERERS)
        for option in ("samples", "blender"):
            if self.name != "blender" and getattr(self, option) is not None:
                raise UsageError(f"--{option} is for --renderer blender", hint=f"The {self.name} has no use for it.")
        if self.samples is not None and not 1 <= self.samples <= 4096:
            raise UsageError(f"--samples is {self.samples}, expected 1 to 4096")

    def open(self) -> Renderer:
        """The renderer, to be closed by whoever opened it.

        Raises:
            PrimacyError: an object is missing, or Blender cannot be found or used.
        """
        return RENDERERS[self.name](self)


def _collage(choice: RendererChoice) -> Renderer:
    from primacy.render.collage import CollageRenderer

    return CollageRenderer(object_library(choice.library))


def _blender(choice: RendererChoice) -> Renderer:
    from primacy.assets import blender_env
    from primacy.assets.packs import Packs
    from primacy.render.blender import SAMPLES, BlenderRenderer

    library = object_library(choice.library)
    return BlenderRenderer(
        library,
        [asset for asset in _meshes(choice.library) if asset.asset in library.by_asset],
        blender_env.command(choice.blender, choice.cache),
        resolve=Packs(choice.cache).mesh_paths if choice.cache else no_files,
        samples=choice.samples or SAMPLES,
        workers=1,  # `render_dataset` has the processes, each with a renderer of its own
    )


def _meshes(library: str) -> list[Asset]:
    """Who knows the meshes of a library: the catalogue, or the folder of a user's objects, of which it is a part."""
    return catalogue.load() if library in VOCABULARIES else user_folder.read(Path(library).resolve().parent)


RENDERERS: Mapping[str, Callable[[RendererChoice], Renderer]] = {"collage": _collage, "blender": _blender}


def make_job(root: Path, request: SceneRequest, renderer: RendererChoice, *, image_format: str = "png") -> Job:
    """What is to be rendered into `root`.

    Raises:
        UnknownNameError: a library, category or image format that is not known.
        DesignError: too few categories, or objects that do not fit.
        AssetError: the library cannot be read.
    """
    check_format(image_format)
    library = object_library(renderer.library)
    design = build(request, from_library(library))
    asked = {"objects_of": Path(renderer.library).name} | asdict(request)
    return Job(root, asked, design.scenes, renderer, library.digest, image_format)
