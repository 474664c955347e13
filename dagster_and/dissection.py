"""A dissection file: one YAML that says which target is dissected on which sounds, and how.

Sections are named after the rooms. Every field is described; every refusal says what to write instead.
"""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from dagster_and.errors import UserError
from dagster_and.home import REPOSITORY, Home


class Section(BaseModel):
    """Base of all sections: unknown keys are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SoundBank(Section):
    """The embedded probing set: ten everyday sound classes, synthesised."""

    layout: Literal["soundbank"]
    clips_per_class: int = Field(
        default=24, ge=5, le=1000, description="Clips synthesised for each of the ten classes."
    )
    seed: int = Field(default=0, ge=0, description="Seed of the generators; equal seeds give equal files.")
    window_s: float = Field(default=2.0, gt=0, le=60, description="Length of every clip in seconds.")


class FolderLayout(Section):
    """Sounds in a folder: ESC-50's published layout, or one folder a class."""

    layout: Literal["esc50", "folder"]
    path: str = Field(
        description="The set's folder: for esc50 the one that holds audio/ and meta/esc50.csv; for folder the one that "
        "holds one folder a class. $NAME and ${NAME} are replaced by environment variables."
    )
    window_s: float = Field(default=5.0, gt=0, le=60, description="What the target hears of a clip, in seconds.")

    def root(self) -> Path:
        """The folder with environment variables filled in.

        Raises:
            UserError: a variable is not set, or there is no such folder.
        """
        missing = [name for name in re.findall(r"\$\{?(\w+)\}?", self.path) if name not in os.environ]
        if missing:
            raise UserError(
                f"probing.path is {self.path!r}, but the environment variable {missing[0]} is not set: "
                f"set it to the folder of the sounds, as in `export {missing[0]}=/path/to/folder`."
            )
        root = Path(os.path.expandvars(self.path)).expanduser().absolute()
        if not root.is_dir():
            raise UserError(f"probing.path is {self.path!r}, but there is no folder {root}: write an existing one.")
        return root


class Captions(Section):
    """Where the words about each clip come from."""

    captioner: Literal["dataset", "annotations", "file"] = Field(
        description="dataset: the set's own captions; annotations: label plus measured acoustics; file: yours."
    )
    path: str | None = Field(
        default=None, description="For file: JSON (name -> text), or CSV or Parquet with columns filename and caption."
    )

    @model_validator(mode="after")
    def _path_goes_with_file(self) -> "Captions":
        if (self.captioner == "file") != (self.path is not None):
            raise ValueError("path belongs to captioner: file, and only to it; write both or neither")
        return self


class EmbeddedAst(Section):
    """A small AST that the pipeline trains on the probing set, without any download."""

    family: Literal["embedded_ast"]
    held_out_fold: int = Field(default=5, description="Fold kept out of training; its accuracy is reported.")
    training_folds: tuple[int, ...] | None = Field(
        default=None, min_length=1, description="Folds to train on; default: all but the held-out one."
    )
    epochs: int = Field(default=25, ge=1, le=1000, description="Passes over the training folds.")
    seed: int = Field(default=0, ge=0, description="Seed of weights, order and augmentation.")
    hidden_size: int = Field(default=96, ge=16, le=1024, description="Width of the transformer; a multiple of heads.")
    blocks: int = Field(default=4, ge=1, le=24, description="Transformer blocks.")
    heads: int = Field(default=4, ge=1, le=16, description="Attention heads.")

    @model_validator(mode="after")
    def _consistent(self) -> "EmbeddedAst":
        if self.hidden_size % self.heads:
            raise ValueError(f"hidden_size must be a multiple of heads; write e.g. {self.heads * 24}")
        if self.training_folds and self.held_out_fold in self.training_folds:
            raise ValueError(f"held_out_fold {self.held_out_fold} is among training_folds; take it out of one of them")
        return self


class TransformersTarget(Section):
    """Any audio classifier that transformers loads, with safetensors weights."""

    family: Literal["transformers"]
    checkpoint: str = Field(description="Hub id (owner/name), or a local folder with config.json and safetensors.")
    revision: str | None = Field(default=None, description="Hub revision; default: the newest.")
    held_out_fold: int | None = Field(default=None, description="Fold that its training never saw, if known.")

    @property
    def location(self) -> str:
        """The checkpoint with environment variables and ~ filled in."""
        return (
            str(Path(os.path.expandvars(self.checkpoint)).expanduser()) if "/" in self.checkpoint else self.checkpoint
        )


class Activations(Section):
    """What is read off the target, and how tokens become one number a clip."""

    pooling: Literal["cls", "mean", "max"] = Field(
        default="mean",
        description="cls: the first token; mean, max: over the sound's tokens, padding and special ones left out.",
    )
    layers: tuple[tuple[str, ...], ...] | None = Field(
        default=None,
        min_length=1,
        description="Module names block by block; default: the known linear layers of every block.",
    )
    batch_size: int = Field(default=16, ge=1, le=4096, description="Clips a forward pass.")
    buffer_mb: int = Field(
        default=64,
        ge=1,
        le=65536,
        description="The one buffer that activations are transposed in, in MiB; bounds peak memory.",
    )


class TopClips(Section):
    """The evidence for each neuron."""

    k: int = Field(default=5, ge=1, le=1000, description="Clips kept at either end of each neuron.")


class ClosedConcepts(Section):
    """The concept set D_c and the encoder that compares it with captions."""

    concepts: Literal["labels"] | tuple[str, ...] | str = Field(
        default="labels",
        description="labels: the probing set's classes; or a list of words; or a text file with one concept a line.",
    )
    text_encoder: str = Field(
        default="minilm",
        description="minilm (packaged), clip:<hub id or folder>, or a sentence-transformers folder or hub id.",
    )

    @field_validator("concepts")
    @classmethod
    def _not_empty(cls, concepts: Any) -> Any:
        if not concepts or (isinstance(concepts, tuple) and not all(c.strip() for c in concepts)):
            raise ValueError("an empty concept; write at least one concept, each with at least one letter")
        return concepts


class Dissection(Section):
    """One dissection: a target on a probing set, with its captions and concept set."""

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", description="Name of the dissection and its partition key."
    )
    description: str = Field(default="", description="One sentence for people.")
    probing: Annotated[SoundBank | FolderLayout, Field(discriminator="layout")]
    captions: Captions
    target: Annotated[EmbeddedAst | TransformersTarget, Field(discriminator="family")]
    activations: Activations = Field(default_factory=Activations.model_construct, description="What is read off it.")
    top_clips: TopClips = Field(default_factory=TopClips.model_construct, description="The evidence that is kept.")
    closed_concepts: ClosedConcepts = Field(
        default_factory=ClosedConcepts.model_construct, description="The concept set and its encoder."
    )
    folder: Path = Field(Path(), exclude=True, description="Folder of the file; relative paths start here.")

    @property
    def window_s(self) -> float:
        """What the target hears of a clip, in seconds."""
        return self.probing.window_s

    def resolve(self, path: str) -> Path:
        """A path of the file: environment variables and ~ filled in, relative to the file's own folder."""
        return (self.folder / Path(os.path.expandvars(path)).expanduser()).absolute()


def load_file(path: Path) -> Dissection:
    """Read one dissection file.

    Raises:
        UserError: it can't be read, isn't YAML, or a field is wrong; the sentence says what to write instead.
    """
    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} can't be read ({error}): write the path of a YAML dissection file.") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not YAML: {' '.join(str(error).split())}. Mend that line.") from None
    if not isinstance(content, dict):
        raise UserError(
            f"{path} must hold sections such as probing, captions and target; copy dissections/ast-demo.yaml."
        )
    name = path.stem
    if content.setdefault("name", name) != name:
        raise UserError(f"{path}: name is {content['name']!r}, but the file is called {name}; make them the same.")
    try:
        return Dissection(**content, folder=path.absolute().parent)
    except ValidationError as error:
        raise UserError(f"{path}: " + "; ".join(_sentence(e) for e in error.errors()) + ".") from None
    except TypeError as error:
        raise UserError(f"{path}: {error}; section names are plain words, and folder is not one of them.") from None


def dissection_files(home: Home) -> dict[str, Path]:
    """Every dissection file by name: those that come along, then the user's own. A name may stand only once."""
    files: dict[str, Path] = {}
    for folder in (REPOSITORY / "dissections", home.dissections):
        for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
            files.setdefault(path.stem, path)
    return files


def load_all(home: Home) -> tuple[dict[str, Dissection], dict[str, str]]:
    """Dissections by name, and for each file that is refused its name and the sentence."""
    good: dict[str, Dissection] = {}
    refused: dict[str, str] = {}
    for name, path in dissection_files(home).items():
        try:
            good[name] = load_file(path)
        except UserError as error:
            refused[name] = str(error)
    return good, refused


def find(name_or_file: str, home: Home) -> Dissection:
    """The dissection of that name, or of that file.

    Raises:
        UserError: there is none, or its file is wrong.
    """
    files = dissection_files(home)
    if name_or_file in files:
        return load_file(files[name_or_file])
    if name_or_file.endswith((".yaml", ".yml")):
        return load_file(Path(name_or_file))
    raise UserError(
        f"There is no dissection {name_or_file!r}: write one of {', '.join(sorted(files))}, or a file's path."
    )


_SECTIONS: dict[str, type[Section] | tuple[type[Section], ...]] = {
    "": Dissection,
    "probing": (SoundBank, FolderLayout),
    "captions": Captions,
    "target": (EmbeddedAst, TransformersTarget),
    "activations": Activations,
    "top_clips": TopClips,
    "closed_concepts": ClosedConcepts,
}


def _sentence(error: Any) -> str:
    location = [str(part) for part in error["loc"]]
    where = ".".join(location)
    if error["type"] == "extra_forbidden":
        return f"unknown key {where}; write one of {', '.join(_known_keys(location))}"
    if error["type"] == "missing":
        return f"{where} is missing; add it, as in dissections/ast-demo.yaml"
    if error["type"].startswith("union_tag"):
        tag = "layout" if where == "probing" else "family"
        expected = error.get("ctx", {}).get("expected_tags", "")
        return f"{where}.{tag} must be one of {expected or 'the known ones'}"
    message = error["msg"].removeprefix("Value error, ")
    given = error.get("input")
    shown = f" (it is {given!r})" if isinstance(given, str | int | float) else ""
    return f"{where}: {message[0].lower() + message[1:]}{shown}"


def _known_keys(location: list[str]) -> list[str]:
    models = _SECTIONS.get(location[0] if len(location) > 1 else "", Dissection)
    for model in models if isinstance(models, tuple) else (models,):
        tags = {str(v) for f in ("layout", "family") if f in model.model_fields for v in _literals(model, f)}
        if not tags or set(location) & tags:
            return [name for name, field in model.model_fields.items() if not field.exclude]
    return []


def _literals(model: type[Section], field: str) -> tuple[Any, ...]:
    return getattr(model.model_fields[field].annotation, "__args__", ())
