select
    dissection,
    neuron_id,
    sentence,
    writer,
    rule_sentence,
    answer_id,
    missing_reason
from {{ source('dissection', 'neuron_sentences') }}
where {{ is_wanted_dissection() }}
