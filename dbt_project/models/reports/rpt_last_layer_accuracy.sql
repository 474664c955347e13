-- Table 2: head neurons have known classes, so what module A says of them can be marked.
-- A neuron whose class the concept set lacks can't be named right by anyone; it is counted apart.
with predictions as (
    select * from {{ ref('fct_concept_predictions') }}
),

heads as (
    select * from {{ ref('int_head_neurons_matched') }}
),

set_sizes as (
    select
        dissection,
        count(*) as concepts
    from {{ ref('stg_dissection__concepts') }}
    group by dissection
),

marked as (
    select
        heads.dissection,
        heads.neuron_id,
        heads.has_concept,
        predictions.method,
        predictions.similarity,
        bool_or(predictions.is_correct and predictions.rank = 1) as is_top1,
        bool_or(predictions.is_correct and predictions.rank <= 5) as is_top5,
        max(predictions.class_cosine) filter (where predictions.rank = 1) as class_cosine
    from heads
    inner join predictions
        on heads.dissection = predictions.dissection and heads.neuron_id = predictions.neuron_id
    group by all
),

counted as (
    select
        dissection,
        method,
        similarity,
        count(*) filter (where has_concept) as neurons_judged,
        count(*) filter (where not has_concept) as neurons_without_concept,
        count(*) filter (where has_concept and is_top1) as top1_hits,
        count(*) filter (where has_concept and is_top5) as top5_hits,
        avg(class_cosine) filter (where has_concept) as mean_class_cosine
    from marked
    group by dissection, method, similarity
)

select
    counted.dissection,
    counted.method,
    counted.similarity,
    counted.neurons_judged,
    counted.neurons_without_concept,
    set_sizes.concepts,
    counted.top1_hits,
    counted.top1_hits::double / nullif(counted.neurons_judged, 0) as top1_accuracy,
    {{ wilson('counted.top1_hits', 'counted.neurons_judged', -1) }} as top1_accuracy_low,
    {{ wilson('counted.top1_hits', 'counted.neurons_judged', 1) }} as top1_accuracy_high,
    1.0::double / set_sizes.concepts as top1_chance,
    counted.top5_hits,
    counted.top5_hits::double / nullif(counted.neurons_judged, 0) as top5_accuracy,
    {{ wilson('counted.top5_hits', 'counted.neurons_judged', -1) }} as top5_accuracy_low,
    {{ wilson('counted.top5_hits', 'counted.neurons_judged', 1) }} as top5_accuracy_high,
    least(5, set_sizes.concepts)::double / set_sizes.concepts as top5_chance,
    counted.mean_class_cosine
from counted
inner join set_sizes on counted.dissection = set_sizes.dissection
order by counted.dissection, counted.method, counted.similarity
