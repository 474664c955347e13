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
TRUSTED_FIRST = "trust desc nulls last, trust_low desc nulls last, neuron_id"
STATED = "concat_ws(' ', label, second_label, statement, class_label)"
SEARCHED = f"""
    select
        dissection, neuron_id, block_index, sublayer, verdict, trust, lower({STATED}) as stated,
        lower(concat_ws(' ', {STATED}, description)) as told, coalesce(statement, label, description) as said,
        row_number() over (order by {TRUSTED_FIRST}) as place
    from neuron_descriptions order by dissection, neuron_id
"""
"""What a search reads of every neuron, all in lower case, and its place among all: the most trusted first."""
NEAR = "inner join (select unnest(?::varchar[]) as said, unnest(?::double[]) as nearness) as texts using (said)"
CARRIED = """
    select labels.neuron_id, lower(replace(atoms.atom, '_', ' ')) as concept
    from (
        select dissection, neuron_id, form, unnest(atom_ids) as atom_id from fct_neuron_labels where dissection = ?
    ) as labels
    inner join dim_atoms as atoms using (dissection, atom_id)
    where not contains(labels.form, 'NOT ' || atoms.atom)
    union all
    select neuron_id, lower(replace(class_label, '_', ' ')) as concept
    from dim_neurons where dissection = ? and class_label is not null
"""
"""Which neuron carries which concept: its label holds it, not denied, or it stands for it in the last layer."""
CARRIES = f"neuron_id in (select neuron_id from ({CARRIED}) where concept = lower(replace(?, '_', ' ')))"


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
    is_stated = " and ".join(["contains(stated, ?)"] * len(words)) or "true"
    query = f"""
        with hits as (
            select
                kept.neuron_id, kept.place, {is_stated} as is_stated,
                {"texts.nearness" if nearness is not None else "0.0"} as nearness
            from {reader.kept("searched", SEARCHED)} as kept {NEAR if nearness is not None else ""}
            where {where}
        ),

        shown as (
            select *, count(*) over () as total from hits
            order by nearness desc, is_stated desc, place limit {per_page:d} offset ?
        )

        select shown.total, told.* exclude (dissection)
        from shown inner join (select dissection, {COLUMNS} from neuron_descriptions) as told using (neuron_id)
        where told.dissection = ?
        order by shown.nearness desc, shown.is_stated desc, shown.place
    """
    near = () if nearness is None else (list(nearness), list(nearness.values()))
    rows, page = [], asked.page
    while page and not (rows := reader.rows(query, *words, *near, *values, (page - 1) * per_page, name)):
        page = 0 if page == 1 else -(-_count(reader, where, [*near, *values], nearness is not None) // per_page)
    total = rows[0]["total"] if rows else 0
    return Found(rows, total, max(1, -(-total // per_page)))


def _count(reader: Reader, where: str, values: list[object], is_near: bool) -> int:
    kept = reader.kept("searched", SEARCHED)
    return reader.column(f"select count(*) from {kept} as kept {NEAR if is_near else ''} where {where}", *values)[0]


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
            conditions.append("contains(told, ?)")
            values.append(word)
    if asked.layer:
        conditions.append("block_index || '.' || sublayer = ?")
        values.append(asked.layer)
    if asked.verdict:
        conditions.append("verdict = ?")
        values.append(asked.verdict)
    if asked.concept:
        conditions.append(CARRIES)
        values += [name, name, asked.concept]
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
