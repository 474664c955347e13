-- What methods DB and ICL name; ICL has no similarity function, hence "none", and no score.
-- Whether the concept that a head neuron is given names the class that it stands for; no other neuron is judged.
-- A prediction of an unknown neuron or concept is kept, for the tests of the marts to find.
with predictions as (
    select
        dissection,
        neuron_id,
        method,
        similarity,
        rank,
        concept_id,
        score
    from {{ ref('stg_dissection__concept_predictions') }}
    union all
    select
        dissection,
        neuron_id,
        'ICL' as method, -- noqa: RF04
        'none' as similarity,
        choices.rank,
        concept_id,
        null as score
    from {{ ref('stg_dissection__concept_choices') }} as choices
    where concept_id is not null
),

cosines as (
    select * from {{ ref('stg_dissection__concept_similarities') }}
),

concepts as (
    select
        *,
        {{ normalised_name('concept') }} as concept_name
    from {{ ref('stg_dissection__concepts') }}
),

neurons as (
    select
        *,
        {{ normalised_name('class_label') }} as class_name
    from {{ ref('stg_dissection__neurons') }}
)

select
    predictions.dissection,
    predictions.neuron_id,
    neurons.block_index,
    neurons.sublayer,
    neurons.class_label,
    predictions.method,
    predictions.similarity,
    predictions.rank,
    predictions.concept_id,
    concepts.concept,
    predictions.score,
    case
        when neurons.class_label is not null
            then coalesce(neurons.class_name = concepts.concept_name, false)
    end as is_correct,
    cosines.cosine as class_cosine
from predictions
left join neurons
    on predictions.dissection = neurons.dissection and predictions.neuron_id = neurons.neuron_id
left join concepts
    on predictions.dissection = concepts.dissection and predictions.concept_id = concepts.concept_id
left join cosines
    on
        predictions.dissection = cosines.dissection
        and predictions.concept_id = cosines.concept_id
        and neurons.class_label = cosines.class_label
