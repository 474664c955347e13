select
    dissection,
    neuron_id,
    target,
    block_index,
    sublayer,
    layer_name,
    neuron_index,
    class_label
from {{ source('dissection', 'neurons') }}
where {{ is_wanted_dissection() }}
