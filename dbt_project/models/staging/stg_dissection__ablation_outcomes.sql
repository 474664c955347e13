select
    dissection,
    panel,
    feature,
    fraction,
    seed,
    neurons,
    tied_neurons,
    clips,
    correct,
    accuracy,
    chance_accuracy,
    missing_reason
from {{ source('dissection', 'ablation_outcomes') }}
where {{ is_wanted_dissection() }}
