select
    dissection,
    neuron_id,
    mode,
    verdict,
    label,
    form,
    atom_ids,
    auroc,
    auroc_low,
    auroc_high,
    p_value,
    q_value,
    iou,
    accounts_for,
    precision,
    effective_clips,
    forms_tried,
    runner_up,
    runner_up_auroc,
    clips,
    missing_reason
from {{ source('dissection', 'neuron_labels') }}
where {{ is_wanted_dissection() }}
