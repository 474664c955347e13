-- Every closed-concept answer with its test. Filter on is_significant; q is within method, similarity and rank.
with tested as (
    select * from {{ ref('stg_dissection__concept_significance') }}
),

concepts as (
    select * from {{ ref('stg_dissection__concepts') }}
),

neurons as (
    select * from {{ ref('stg_dissection__neurons') }}
)

select
    tested.dissection,
    tested.neuron_id,
    neurons.block_index,
    neurons.sublayer,
    neurons.class_label,
    tested.method,
    tested.similarity,
    tested.rank,
    tested.concept_id,
    concepts.concept,
    tested.concept_clips,
    tested.auroc,
    tested.auroc_low,
    tested.auroc_high,
    tested.p_value,
    tested.q_value,
    tested.is_significant,
    tested.missing_reason
from tested
left join concepts on tested.dissection = concepts.dissection and tested.concept_id = concepts.concept_id
left join neurons on tested.dissection = neurons.dissection and tested.neuron_id = neurons.neuron_id
