-- The form that each neuron's other parts chose, tested on the part: how far a label hangs on the clips at hand.
with parts as (
    select * from {{ ref('stg_dissection__label_parts') }}
),

neurons as (
    select * from {{ ref('stg_dissection__neurons') }}
)

select
    parts.dissection,
    parts.neuron_id,
    neurons.block_index,
    neurons.sublayer,
    neurons.class_label,
    parts.part,
    parts.label,
    parts.form,
    parts.atom_ids,
    parts.auroc,
    parts.clips,
    parts.form_clips,
    parts.missing_reason
from parts
left join neurons on parts.dissection = neurons.dissection and parts.neuron_id = neurons.neuron_id
