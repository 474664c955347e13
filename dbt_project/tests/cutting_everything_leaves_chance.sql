-- The control `all`: where every body neuron is cut, the network can't know more than the commonest class: the low end
-- of the accuracy's 95 % interval is not above chance.
with body as (
    select
        dissection,
        count(*) as neurons
    from {{ ref('dim_neurons') }}
    where not is_head
    group by dissection
),

cut as (
    select
        outcomes.dissection,
        outcomes.concept_id,
        count(*) as clips,
        count(*) filter (where outcomes.is_correct_after) as correct
    from {{ ref('fct_pruning_outcomes') }} as outcomes
    inner join {{ ref('fct_prunings') }} as prunings
        on
            outcomes.dissection = prunings.dissection
            and outcomes.concept_id = prunings.concept_id
            and outcomes.strategy = prunings.strategy
    inner join body on prunings.dissection = body.dissection and prunings.neurons = body.neurons
    where outcomes.strategy = 'all'
    group by outcomes.dissection, outcomes.concept_id
),

chances as (
    select
        dissection,
        max(chance_accuracy) as chance_accuracy
    from {{ ref('rpt_unlearning') }}
    group by dissection
)

select cut.*
from cut
inner join chances on cut.dissection = chances.dissection
where {{ wilson('cut.correct', 'cut.clips', -1) }} > chances.chance_accuracy
