with top_clips as (
    select * from {{ ref('stg_dissection__top_clips') }}
),

moments as (
    select * from {{ ref('stg_dissection__moments') }}
),

moment_captions as (
    select * from {{ ref('stg_dissection__moment_captions') }}
),

clips as (
    select * from {{ ref('dim_clips') }}
),

neurons as (
    select * from {{ ref('stg_dissection__neurons') }}
)

select
    top_clips.dissection,
    top_clips.neuron_id,
    neurons.block_index,
    neurons.sublayer,
    neurons.class_label,
    top_clips.direction,
    top_clips.rank,
    top_clips.clip_id,
    top_clips.activation,
    moments.moment_start_s,
    moments.moment_end_s,
    moments.profile,
    moments.profile_start_s,
    moments.profile_end_s,
    moment_captions.heard_start_s,
    moment_captions.heard_end_s,
    moment_captions.caption as moment_caption,
    moment_captions.missing_reason as moment_missing_reason,
    clips.label,
    clips.filename,
    clips.caption,
    clips.sha256
from top_clips
left join moments
    on
        top_clips.dissection = moments.dissection
        and top_clips.neuron_id = moments.neuron_id
        and top_clips.direction = moments.direction
        and top_clips.rank = moments.rank
left join moment_captions
    on
        top_clips.dissection = moment_captions.dissection
        and top_clips.neuron_id = moment_captions.neuron_id
        and top_clips.direction = moment_captions.direction
        and top_clips.rank = moment_captions.rank
left join clips on top_clips.dissection = clips.dissection and top_clips.clip_id = clips.clip_id
left join neurons on top_clips.dissection = neurons.dissection and top_clips.neuron_id = neurons.neuron_id
