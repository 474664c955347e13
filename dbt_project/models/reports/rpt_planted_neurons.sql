-- Hit or miss for each planted neuron. A nameable one is hit when every thing that it follows is named by the
-- statement; one that follows nothing nameable is hit when nothing is stated. Beside it, what the description and the
-- evident words name.
with planted as (
    select
        *,
        string_split(expected_words, ' ') as expected
    from {{ ref('stg_dissection__planted_neurons') }}
),

verdicts as (
    select
        *,
        {{ words_said('statement') }} as said,
        {{ words_said('description') }} as description_words,
        string_split(coalesce(evident_words, ''), ', ') as words
    from {{ ref('fct_neuron_verdicts') }}
),

parts as (
    select
        planted.dissection,
        planted.neuron_id,
        planted.part,
        planted.function,
        planted.kind,
        planted.expected_words,
        verdicts.block_index,
        verdicts.verdict,
        verdicts.is_described,
        verdicts.statement,
        verdicts.trust,
        coalesce(list_has_any(verdicts.said, planted.expected), false) as is_said,
        coalesce(verdicts.is_description_supported, false)
        and coalesce(list_has_any(verdicts.description_words, planted.expected), false) as is_in_description,
        coalesce(list_has_any(verdicts.words, planted.expected), false) as is_in_words
    from planted
    inner join verdicts
        on planted.dissection = verdicts.dissection and planted.neuron_id = verdicts.neuron_id
)

select
    dissection,
    neuron_id,
    block_index,
    function,
    kind,
    string_agg(expected_words, ' and ' order by part) as expected_words,
    verdict,
    statement,
    trust,
    kind in ('quality', 'class', 'pair') as is_nameable,
    bool_and(is_in_description) as is_named_by_description,
    bool_and(is_in_words) as is_named_by_words,
    case
        when kind in ('quality', 'class', 'pair') then bool_and(is_said)
        else not bool_or(is_described)
    end as is_hit
from parts
group by dissection, neuron_id, block_index, function, kind, verdict, statement, trust
order by dissection, neuron_id
