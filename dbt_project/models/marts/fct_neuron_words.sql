with words as (
    select * from {{ ref('stg_dissection__neuron_words') }}
)

select
    dissection,
    neuron_id,
    part_of_speech,
    lemma,
    word,
    occurrences,
    is_acoustic
from words
