"""A dissection file: one YAML that says which target is dissected on which sounds, and how.

Sections are named after the rooms. Every field is described; every refusal says what to write instead.
"""

from dagster_and.dissection.activations import Activations
from dagster_and.dissection.calibration import Calibration
from dagster_and.dissection.captions import Captions
from dagster_and.dissection.closed_concepts import ClosedConcepts
from dagster_and.dissection.compute import Compute
from dagster_and.dissection.concepts import concept_words
from dagster_and.dissection.describer import CountingDescriber, LlmDescriber, LlmServer
from dagster_and.dissection.dissection import Dissection
from dagster_and.dissection.drafting import Wanted, draft, is_factory
from dagster_and.dissection.evidence import Evidence
from dagster_and.dissection.files import dissection_files, find, load_all, load_file, load_text
from dagster_and.dissection.interpretability import Interpretability
from dagster_and.dissection.keeping import keep, place_of, text_of
from dagster_and.dissection.probing import CsvLayout, FolderLayout, HuggingFaceLayout, SoundBank
from dagster_and.dissection.pruning import Pruning
from dagster_and.dissection.section import Section
from dagster_and.dissection.summaries import Summaries
from dagster_and.dissection.target import (
    BeatsTarget,
    Embedded,
    EmbeddedAst,
    EmbeddedBeats,
    ModuleTarget,
    PlantedTarget,
    TargetSection,
    TransformersTarget,
)
from dagster_and.dissection.top_clips import TopClips

__all__ = [
    "Activations",
    "BeatsTarget",
    "Calibration",
    "Captions",
    "ClosedConcepts",
    "Compute",
    "CountingDescriber",
    "CsvLayout",
    "Dissection",
    "Embedded",
    "EmbeddedAst",
    "EmbeddedBeats",
    "Evidence",
    "FolderLayout",
    "HuggingFaceLayout",
    "Interpretability",
    "LlmDescriber",
    "LlmServer",
    "ModuleTarget",
    "PlantedTarget",
    "Pruning",
    "Section",
    "SoundBank",
    "Summaries",
    "TargetSection",
    "TopClips",
    "TransformersTarget",
    "Wanted",
    "concept_words",
    "dissection_files",
    "draft",
    "find",
    "is_factory",
    "keep",
    "load_all",
    "load_file",
    "load_text",
    "place_of",
    "text_of",
]
