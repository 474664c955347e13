select
    dissection,
    target,
    family,
    architecture,
    checkpoint,
    weights_sha256,
    parameters,
    blocks,
    layers,
    neurons,
    classes,
    held_out_fold,
    held_out_clips,
    held_out_accuracy,
    chance_accuracy,
    training_accuracy,
    pretraining_accuracy,
    pretraining_chance_accuracy
from {{ source('dissection', 'targets') }}
where {{ is_wanted_dissection() }}
