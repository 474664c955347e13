-- Where calibration left nothing of a summary, a neuron has no adjective: 0. Where there is no summary, nobody knows.
with described as (
    select * from {{ ref('int_neurons_described') }}
),

kinds as (
    select listed.adjectives
    from (values ('acoustic'), ('all')) as listed (adjectives)
)

select
    described.dissection,
    described.neuron_id,
    described.block_index,
    described.class_label is not null as is_head,
    kinds.adjectives,
    case
        when described.summary is null then null
        when kinds.adjectives = 'acoustic' then described.count_acoustic_adjectives
        else described.count_adjectives
    end as words
from described
cross join kinds
