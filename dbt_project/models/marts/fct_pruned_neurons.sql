-- Which neurons would go, and why: chosen before anything is cut.
with pruned as (
    select * from {{ ref('stg_dissection__pruned_neurons') }}
),

concepts as (
    select * from {{ ref('stg_dissection__concepts') }}
),

neurons as (
    select * from {{ ref('stg_dissection__neurons') }}
)

select
    pruned.dissection,
    pruned.strategy,
    pruned.size_of,
    pruned.concept_id,
    concepts.concept,
    pruned.seed,
    pruned.neuron_id,
    neurons.block_index,
    neurons.sublayer,
    neurons.layer_name,
    neurons.neuron_index,
    pruned.reason,
    pruned.score
from pruned
left join concepts on pruned.dissection = concepts.dissection and pruned.concept_id = concepts.concept_id
left join neurons on pruned.dissection = neurons.dissection and pruned.neuron_id = neurons.neuron_id
