-- Hit or miss for each planted neuron. A nameable one is hit when every thing that it follows is named by the
-- statement, and one that is silent on a thing when the statement denies that; one that follows nothing nameable is hit
-- when nothing is stated. Beside it, what the description and the evident words name.
with planted as (
    select
        *,
        string_split(expected_words, ', ') as expected
    from {{ ref('stg_dissection__planted_neurons') }}
),

verdicts as (
    select
        *,
        {{ words_said('statement') }} as said,
        {{ words_denied('statement') }} as denied,
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
        {{ is_named('planted.expected', 'verdicts.said') }} != planted.is_denied
        and (not planted.is_denied or {{ is_named('planted.expected', 'verdicts.denied') }}) as is_said,
        coalesce(verdicts.is_description_supported, false)
        and {{ is_named('planted.expected', 'verdicts.description_words') }} as is_in_description,
        {{ is_named('planted.expected', 'verdicts.words') }} as is_in_words
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
    kind not in ('noise', 'dead') as is_nameable,
    bool_and(is_in_description) as is_named_by_description,
    bool_and(is_in_words) as is_named_by_words,
    case
        when kind not in ('noise', 'dead') then bool_and(is_said)
        else not bool_or(is_described)
    end as is_hit
from parts
group by dissection, neuron_id, block_index, function, kind, verdict, statement, trust
order by dissection, neuron_id
