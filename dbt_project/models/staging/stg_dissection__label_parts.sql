select
    dissection,
    neuron_id,
    part,
    label,
    form,
    atom_ids,
    auroc,
    clips,
    form_clips,
    missing_reason
from {{ source('dissection', 'label_parts') }}
where {{ is_wanted_dissection() }}
