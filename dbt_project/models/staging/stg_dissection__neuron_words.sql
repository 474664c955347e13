select
    dissection,
    neuron_id,
    part_of_speech,
    lemma,
    word,
    occurrences,
    is_acoustic
from {{ source('dissection', 'neuron_words') }}
where {{ is_wanted_dissection() }}
