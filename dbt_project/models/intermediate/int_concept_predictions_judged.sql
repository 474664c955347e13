-- Whether the concept that a head neuron is given names the class that it stands for; no other neuron is judged.
-- A prediction of an unknown neuron or concept is kept, for the tests of the marts to find.
with predictions as (
    select * from {{ ref('stg_dissection__concept_predictions') }}
),

concepts as (
    select * from {{ ref('stg_dissection__concepts') }}
),

neurons as (
    select * from {{ ref('stg_dissection__neurons') }}
),

judged as (
    select
        predictions.dissection,
        predictions.neuron_id,
        predictions.method,
        predictions.similarity,
        predictions.rank,
        predictions.concept_id,
        concepts.concept,
        predictions.score,
        case
            when neurons.class_label is not null
                then coalesce(
                    {{ normalised_name('neurons.class_label') }} = {{ normalised_name('concepts.concept') }}, false
                )
        end as is_correct
    from predictions
    left join neurons
        on predictions.dissection = neurons.dissection and predictions.neuron_id = neurons.neuron_id
    left join concepts
        on predictions.dissection = concepts.dissection and predictions.concept_id = concepts.concept_id
)

select * from judged
