select
    dissection,
    neuron_id,
    part,
    function,
    kind,
    expected_words
from {{ source('dissection', 'planted_neurons') }}
where {{ is_wanted_dissection() }}
