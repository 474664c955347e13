with top_clips as (
    select * from {{ ref('stg_dissection__top_clips') }}
),

clips as (
    select * from {{ ref('int_clips_captioned') }}
)

select
    top_clips.dissection,
    top_clips.neuron_id,
    top_clips.direction,
    top_clips.rank,
    top_clips.clip_id,
    top_clips.activation,
    clips.label,
    clips.filename,
    clips.caption,
    clips.sha256
from top_clips
left join clips on top_clips.dissection = clips.dissection and top_clips.clip_id = clips.clip_id
