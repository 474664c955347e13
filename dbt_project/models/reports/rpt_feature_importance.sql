-- Fig 4: accuracy after cutting ever more of the neurons that have most of a feature, mean over seeds.
with ablations as (
    select * from {{ ref('stg_dissection__ablation_outcomes') }}
),

averaged as (
    select
        dissection,
        panel,
        feature,
        fraction,
        count(*) as seeds,
        max(neurons) as neurons,
        avg(tied_neurons) as tied_neurons,
        max(clips) as clips,
        avg(correct) as correct,
        min(accuracy) as accuracy_of_worst_seed,
        max(accuracy) as accuracy_of_best_seed,
        max(chance_accuracy) as chance_accuracy,
        max(missing_reason) as missing_reason
    from ablations
    group by dissection, panel, feature, fraction
)

select
    dissection,
    panel,
    feature,
    fraction,
    neurons,
    tied_neurons,
    seeds,
    clips,
    correct,
    correct / nullif(clips, 0) as accuracy,
    case when correct is not null then {{ wilson('correct', 'clips', -1) }} end as accuracy_low,
    case when correct is not null then {{ wilson('correct', 'clips', 1) }} end as accuracy_high,
    accuracy_of_worst_seed,
    accuracy_of_best_seed,
    chance_accuracy,
    missing_reason
from averaged
order by dissection, panel, feature, fraction
