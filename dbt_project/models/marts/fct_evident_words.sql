with words as (
    select * from {{ ref('stg_dissection__evident_words') }}
)

select
    dissection,
    neuron_id,
    rank,
    word,
    word_clips,
    auroc,
    p_value,
    q_value,
    is_in_description
from words
