select
    dissection,
    neuron_id,
    first_description,
    second_description,
    cosine,
    word_overlap,
    chance_cosine,
    chance_word_overlap,
    missing_reason
from {{ source('dissection', 'description_stability') }}
where {{ is_wanted_dissection() }}
