-- A better rank never has a lower score.
with ordered as (
    select
        *,
        lag(score) over (
            partition by dissection, neuron_id, method, similarity order by rank
        ) as score_before
    from {{ ref('fct_concept_predictions') }}
)

select *
from ordered
where score > score_before
