-- The top concept is that of the paper's choice for DB: cosine cubed.
with neurons as (
    select * from {{ ref('stg_dissection__neurons') }}
),

activations as (
    select * from {{ ref('stg_dissection__activations') }}
),

top_concepts as (
    select
        dissection,
        neuron_id,
        concept,
        score
    from {{ ref('fct_concept_predictions') }}
    where method = 'DB' and similarity = 'cosine_cubed' and rank = 1
)

select
    neurons.dissection,
    neurons.neuron_id,
    neurons.target,
    neurons.block_index,
    neurons.sublayer,
    neurons.layer_name,
    neurons.neuron_index,
    neurons.class_label is not null as is_head,
    neurons.class_label,
    top_concepts.concept as top_concept,
    top_concepts.score as top_concept_score,
    activations.activation_mean,
    activations.activation_standard_deviation,
    activations.activation_minimum,
    activations.activation_maximum
from neurons
left join activations
    on neurons.dissection = activations.dissection and neurons.neuron_id = activations.neuron_id
left join top_concepts
    on neurons.dissection = top_concepts.dissection and neurons.neuron_id = top_concepts.neuron_id
