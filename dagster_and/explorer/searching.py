"""Searching the neurons of a dissection: what can be asked for, as SQL, and what comes out, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from dagster_and.explorer.warehouse import Reader, Row

PAGE = 25
LONGEST = 200
WAYS = ("words", "meaning")
COLUMNS = """
    neuron_id, block_index, sublayer, neuron_index, class_label, label, second_label, statement, description, verdict,
    trust, trust_low, trust_high, label_auroc, effective_clips
"""
STATED = "concat_ws(' ', label, second_label, statement, class_label)"
TEXT = f"concat_ws(' ', {STATED}, description)"
CARRIES = """
(
    neuron_id in (
        select labels.neuron_id
        from fct_neuron_labels as labels
        inner join dim_atoms as atoms
            on labels.dissection = atoms.dissection and list_contains(labels.atom_ids, atoms.atom_id)
        where labels.dissection = ?
            and lower(replace(atoms.atom, '_', ' ')) = lower(replace(?, '_', ' '))
            and not contains(labels.form, 'NOT ' || atoms.atom)
    )
    or lower(replace(class_label, '_', ' ')) = lower(replace(?, '_', ' '))
)
"""
"""Whether a neuron's label holds a concept, not denied, or it is the concept's own neuron in the last layer."""


@dataclass(frozen=True)
class Search:
    """What is asked for; all of it stands in the address. ``least`` is a trust, ``page`` counts from 1."""

    words: str = ""
    by: str = "words"
    layer: str = ""
    verdict: str = ""
    concept: str = ""
    least: float | None = None
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Search":
        """What an address asks for; what makes no sense in it counts as not said."""
        by = query.get("by", "words")
        return cls(
            words=" ".join(query.get("q", "")[:LONGEST].split()),
            by=by if by in WAYS else "words",
            layer=query.get("layer", "")[:LONGEST],
            verdict=query.get("verdict", "")[:LONGEST],
            concept=query.get("concept", "")[:LONGEST],
            least=_number(query.get("least", "")),
            page=max(1, min(int(_number(query.get("page", "")) or 1), 100_000)),
        )

    def address(self, **changed: object) -> str:
        """The query part of the address that asks for this, with some of it changed; by itself it leads to page 1."""
        asked = {"q": self.words, "layer": self.layer, "verdict": self.verdict, "concept": self.concept}
        asked |= {"by": "" if self.by == "words" else self.by, "least": "" if self.least is None else f"{self.least:g}"}
        asked |= {name: str(value) for name, value in changed.items()}
        return urlencode({name: value for name, value in asked.items() if value})


@dataclass(frozen=True)
class Found:
    """One page of neurons, and how many there are in all."""

    neurons: Sequence[Row]
    total: int
    pages: int


def search(
    reader: Reader, name: str, asked: Search, nearness: Mapping[str, float] | None = None, per_page: int = PAGE
) -> Found:
    """The neurons that are asked for: those of which it is stated first, then those only described so, the most trusted
    first; or those nearest in meaning.

    Args:
        reader: of the warehouse.
        name: of the dissection.
        asked: what for.
        nearness: of a search by meaning, how near each text is that is near enough.
        per_page: how many neurons a page holds.
    """
    where, values = _conditions(name, asked, by_words=nearness is None)
    words = asked.words.lower().split() if nearness is None else []
    is_stated = " and ".join([f"contains(lower({STATED}), ?)"] * len(words)) or "true"
    said, near = list(nearness or ()), list((nearness or {}).values())
    rows = reader.rows(
        f"""
        with hits as materialized (
            select neuron_id, trust, trust_low, coalesce(texts.nearness, 0) as nearness, {is_stated} as is_stated
            from neuron_descriptions
            left join (select unnest(?::varchar[]) as said, unnest(?::double[]) as nearness) as texts
                on coalesce(statement, label, description) = texts.said
            where {where} and (texts.said is not null or not ?)
        ),

        counted as (select count(*) as total, greatest(1, ceil(count(*) / {per_page:d}))::integer as pages from hits),

        shown as (
            select neuron_id, row_number() over (
                order by nearness desc, is_stated desc, trust desc nulls last, trust_low desc nulls last, neuron_id
            ) - 1 as place
            from hits
            qualify place // {per_page:d} = least(?, (select pages from counted)) - 1
        )

        select counted.total, counted.pages, told.* exclude (dissection)
        from counted
        left join (
            select place, dissection, {COLUMNS} from shown inner join neuron_descriptions using (neuron_id)
            where dissection = ?
        ) as told on true
        order by told.place
        """,
        *words, said, near, *values, nearness is not None, asked.page, name,
    )  # fmt: skip
    return Found([row for row in rows if row["neuron_id"] is not None], rows[0]["total"], rows[0]["pages"])


def choices(reader: Reader, name: str) -> dict[str, list[Any]]:
    """What the lists of the form offer: layers in order, verdicts, concepts."""
    return {
        "layers": reader.rows(
            """
            select block_index, sublayer from dim_neurons where dissection = ?
            group by block_index, sublayer order by min(neuron_id)
            """,
            name,
        ),
        "verdicts": reader.column(
            "select distinct verdict from neuron_descriptions where dissection = ? order by verdict", name
        ),
        "concepts": reader.column("select concept from dim_concepts where dissection = ? order by concept", name),
    }


def _conditions(name: str, asked: Search, by_words: bool) -> tuple[str, list[object]]:
    conditions, values = ["dissection = ?"], list[object]([name])
    if by_words:
        for word in asked.words.lower().split():
            conditions.append(f"contains(lower({TEXT}), ?)")
            values.append(word)
    if asked.layer:
        conditions.append("block_index || '.' || sublayer = ?")
        values.append(asked.layer)
    if asked.verdict:
        conditions.append("verdict = ?")
        values.append(asked.verdict)
    if asked.concept:
        conditions.append(CARRIES)
        values += [name, asked.concept, asked.concept]
    if asked.least is not None:
        conditions.append("trust >= ?")
        values.append(asked.least)
    return " and ".join(conditions), values


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < 1e9 else None
