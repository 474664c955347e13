with judged as (
    select * from {{ ref('int_concept_predictions_judged') }}
)

select
    dissection,
    neuron_id,
    method,
    similarity,
    rank,
    concept_id,
    concept,
    score,
    is_correct,
    class_cosine
from judged
