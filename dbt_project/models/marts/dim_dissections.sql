with targets as (
    select * from {{ ref('stg_dissection__targets') }}
),

clips as (
    select
        dissection,
        count(*) as clips,
        count(distinct label) as clip_classes,
        sum(duration_s) as duration_s
    from {{ ref('stg_dissection__probing_clips') }}
    group by dissection
),

rejected as (
    select
        dissection,
        count(*) as rejected_clips
    from {{ ref('stg_dissection__rejected_clips') }}
    group by dissection
),

captions as (
    select
        dissection,
        min(captioner) as captioner,
        count(*) - count(caption) as missing_captions
    from {{ ref('stg_dissection__clip_captions') }}
    group by dissection
),

concepts as (
    select
        dissection,
        count(*) as concepts
    from {{ ref('stg_dissection__concepts') }}
    group by dissection
)

select
    clips.dissection,
    targets.target,
    targets.family,
    targets.architecture,
    targets.checkpoint,
    targets.weights_sha256,
    targets.parameters,
    targets.blocks,
    targets.layers,
    targets.neurons,
    targets.classes,
    targets.held_out_fold,
    targets.held_out_clips,
    targets.held_out_accuracy,
    {{ wilson('targets.held_out_accuracy * targets.held_out_clips', 'targets.held_out_clips', -1) }}
        as held_out_accuracy_low,
    {{ wilson('targets.held_out_accuracy * targets.held_out_clips', 'targets.held_out_clips', 1) }}
        as held_out_accuracy_high,
    targets.chance_accuracy,
    held_out_accuracy_low <= targets.chance_accuracy as is_near_chance,
    case
        when targets.target is null then 'its target is not there yet'
        when targets.classes is null then 'it has no head, so it answers with no class'
        when targets.held_out_fold is null then 'no fold is known that its training never heard'
        when coalesce(targets.held_out_clips, 0) = 0
            then 'no clip of the held-out fold is of a class that the head knows'
    end as held_out_accuracy_missing_reason,
    targets.training_accuracy,
    targets.pretraining_accuracy,
    targets.pretraining_chance_accuracy,
    clips.clips,
    clips.clip_classes,
    clips.duration_s,
    coalesce(rejected.rejected_clips, 0) as rejected_clips,
    captions.captioner,
    captions.missing_captions,
    concepts.concepts
from clips
left join targets on clips.dissection = targets.dissection
left join rejected on clips.dissection = rejected.dissection
left join captions on clips.dissection = captions.dissection
left join concepts on clips.dissection = concepts.dissection
