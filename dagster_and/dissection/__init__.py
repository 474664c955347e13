"""A dissection file: one YAML that says which target is dissected on which sounds, and how.

Sections are named after the rooms. Every field is described; every refusal says what to write instead.
"""

from dagster_and.dissection.captions import Captions
from dagster_and.dissection.describer import CountingDescriber, LlmDescriber, LlmServer
from dagster_and.dissection.description import Calibration, Summaries
from dagster_and.dissection.dissection import Dissection
from dagster_and.dissection.files import dissection_files, find, load_all, load_file
from dagster_and.dissection.probing import FolderLayout, SoundBank
from dagster_and.dissection.rooms import Activations, ClosedConcepts, TopClips
from dagster_and.dissection.section import Section
from dagster_and.dissection.target import EmbeddedAst, TransformersTarget

__all__ = [
    "Activations",
    "Calibration",
    "Captions",
    "ClosedConcepts",
    "CountingDescriber",
    "Dissection",
    "EmbeddedAst",
    "FolderLayout",
    "LlmDescriber",
    "LlmServer",
    "Section",
    "SoundBank",
    "Summaries",
    "TopClips",
    "TransformersTarget",
    "dissection_files",
    "find",
    "load_all",
    "load_file",
]
