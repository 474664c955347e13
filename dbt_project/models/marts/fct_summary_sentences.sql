with sentences as (
    select * from {{ ref('stg_dissection__summary_sentences') }}
)

select
    dissection,
    neuron_id,
    direction,
    sentence_index,
    sentence,
    verdict,
    is_kept,
    nearest_sentence,
    nearest_cosine
from sentences
