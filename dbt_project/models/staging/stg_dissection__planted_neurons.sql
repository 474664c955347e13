select
    dissection,
    neuron_id,
    part,
    function,
    kind,
    expected_words,
    is_denied
from {{ source('dissection', 'planted_neurons') }}
where {{ is_wanted_dissection() }}
