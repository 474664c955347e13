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
from {{ source('dissection', 'evident_words') }}
where {{ is_wanted_dissection() }}
