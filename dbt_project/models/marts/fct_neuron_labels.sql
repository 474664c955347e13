-- What each neuron follows, with where it stands in the network. One without a label has a row, too, with the reason.
with labels as (
    select * from {{ ref('stg_dissection__neuron_labels') }}
),

neurons as (
    select * from {{ ref('stg_dissection__neurons') }}
)

select
    labels.dissection,
    labels.neuron_id,
    neurons.block_index,
    neurons.sublayer,
    neurons.class_label,
    labels.mode,
    labels.verdict,
    labels.label,
    labels.form,
    labels.atom_ids,
    labels.auroc,
    labels.auroc_low,
    labels.auroc_high,
    labels.p_value,
    labels.q_value,
    labels.iou,
    labels.accounts_for,
    labels.precision,
    labels.effective_clips,
    labels.part_agreement,
    labels.forms_tried,
    labels.runner_up,
    labels.runner_up_auroc,
    labels.clips,
    labels.missing_reason
from labels
left join neurons on labels.dissection = neurons.dissection and labels.neuron_id = neurons.neuron_id
