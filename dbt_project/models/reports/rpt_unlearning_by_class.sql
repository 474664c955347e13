-- Fig 10: one concept pruned, every class's own logit before and after. Seeds are averaged clip by clip first.
with clips as (
    select
        dissection,
        strategy,
        size_of,
        concept_id,
        concept,
        label,
        clip_id,
        bool_or(is_of_the_concept) as is_of_the_concept,
        avg(own_logit_before) as logit_before,
        avg(own_logit_after) as logit_after,
        avg(own_probability_before) as probability_before,
        avg(own_probability_after) as probability_after,
        avg(is_correct_before::integer) as accuracy_before,
        avg(is_correct_after::integer) as accuracy_after
    from {{ ref('fct_pruning_outcomes') }}
    group by all
),

classes as (
    select
        dissection,
        strategy,
        size_of,
        concept_id,
        concept,
        label as class_label,
        bool_or(is_of_the_concept) as is_of_the_concept,
        count(*) as clips,
        avg(logit_before) as logit_before,
        avg(logit_after) as logit_after,
        avg(logit_after - logit_before) as logit_change,
        case
            when count(*) > 1 then stddev_samp(logit_after - logit_before) / sqrt(count(*))
        end as logit_change_standard_error,
        avg(probability_before) as probability_before,
        avg(probability_after) as probability_after,
        avg(accuracy_before) as accuracy_before,
        avg(accuracy_after) as accuracy_after
    from clips
    group by all
)

select
    *,
    clips::double / sum(clips) over cut as class_share,
    row_number() over (cut order by logit_change asc, class_label asc) as rank_of_loss
from classes
window cut as (partition by dissection, strategy, size_of, concept_id)
order by dissection, strategy, size_of, concept_id, rank_of_loss
