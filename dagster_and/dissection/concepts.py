"""The concept set D_c that a dissection file names: the probing set's classes, a list, or a file."""

from collections.abc import Sequence

from dagster_and.dissection.dissection import Dissection
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.files import plain_text
from dagster_and.method.text.names import name_in_words


def concept_words(dissection: Dissection, labels: Sequence[str]) -> list[str]:
    """Concepts in words, in the file's order, repeats left out.

    Raises:
        UserError: the concept file is missing, not text, or empty.
    """
    wanted = dissection.closed_concepts.concepts
    if wanted == "labels":
        words = [name_in_words(label) for label in sorted(set(labels))]
    elif isinstance(wanted, str):
        words = read_concept_file(dissection, wanted)
    else:
        words = [word.strip() for word in wanted]
    return list(dict.fromkeys(words))


def read_concept_file(dissection: Dissection, file: str) -> list[str]:
    """The non-blank lines of a concept file; lines that start with # are comments.

    Raises:
        UserError: it is missing, not text, or has no such line.
    """
    path = dissection.resolve(file)
    try:
        lines = [line.strip() for line in plain_text(path).splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"closed_concepts.concepts is {file!r}, but {path} can't be read as text ({error}): write `labels`, a list "
            "of words, or the path of a text file with one concept a line."
        ) from None
    words = [line for line in lines if line and not line.startswith("#")]
    if not words:
        raise UserError(f"The concept file {path} is empty: write one concept a line.")
    return words
