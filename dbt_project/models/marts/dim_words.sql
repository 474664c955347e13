with words as (
    select
        dissection,
        part_of_speech,
        lemma,
        count(*) as neurons,
        sum(occurrences)::bigint as occurrences
    from {{ ref('stg_dissection__neuron_words') }}
    group by dissection, part_of_speech, lemma
),

adjectives as (
    select * from {{ ref('stg_dissection__adjectives') }}
)

select
    words.dissection,
    words.part_of_speech,
    words.lemma,
    words.neurons,
    words.occurrences,
    adjectives.is_acoustic,
    adjectives.describer as judged_by,
    adjectives.source as verdict_source,
    adjectives.answer_id,
    adjectives.missing_reason as verdict_missing_reason
from words
left join adjectives
    on
        words.dissection = adjectives.dissection
        and words.lemma = adjectives.adjective
        and words.part_of_speech = 'adjective'
