-- Hit or miss for each planted neuron. A nameable one is hit when every thing that it follows is named by what the
-- dissection states of it; one that follows nothing nameable is hit when nothing is stated.
with planted as (
    select * from {{ ref('stg_dissection__planted_neurons') }}
),

verdicts as (
    select
        *,
        regexp_split_to_array(lower(coalesce(description, '')), '[^a-z0-9''-]+') as description_words,
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
        verdicts.verdict = 'described'
        and list_has_any(verdicts.description_words, string_split(planted.expected_words, ' ')) as is_in_description,
        verdicts.is_described
        and list_has_any(verdicts.words, string_split(planted.expected_words, ' ')) as is_in_words
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
    bool_and(coalesce(is_in_description, false)) as is_named_by_description,
    bool_and(coalesce(is_in_words, false)) as is_named_by_words,
    case
        when kind in ('quality', 'class', 'pair') then bool_and(coalesce(is_in_description or is_in_words, false))
        else not bool_or(is_described)
    end as is_hit
from parts
group by dissection, neuron_id, block_index, function, kind, verdict, statement, trust
order by dissection, neuron_id
