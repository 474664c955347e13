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
from {{ source('dissection', 'summary_sentences') }}
where {{ is_wanted_dissection() }}
