-- Everything known of a clip before the target hears it: file, caption, measured acoustics, truth.
with clips as (
    select * from {{ ref('stg_dissection__probing_clips') }}
),

acoustics as (
    select * from {{ ref('stg_dissection__clip_acoustics') }}
),

captions as (
    select * from {{ ref('stg_dissection__clip_captions') }}
)

select
    clips.dissection,
    clips.clip_id,
    clips.filename,
    clips.path,
    clips.sha256,
    clips.label,
    clips.labels,
    clips.fold,
    captions.caption,
    captions.captioner,
    captions.missing_reason as caption_missing_reason,
    clips.duration_s,
    clips.window_s,
    clips.is_cropped,
    clips.is_padded,
    clips.sample_rate_hz,
    clips.channels,
    clips.rms_dbfs,
    acoustics.loudness_dbfs,
    acoustics.pitch_hz,
    acoustics.brightness_hz,
    acoustics.tonality,
    acoustics.events_per_s,
    acoustics.regularity,
    acoustics.attack_ms,
    acoustics.steadiness,
    clips.true_loudness_dbfs,
    clips.true_pitch_hz,
    clips.true_brightness_hz,
    clips.true_tonality,
    clips.true_events_per_s,
    clips.true_regularity,
    clips.true_attack_ms,
    clips.true_steadiness
from clips
left join acoustics on clips.dissection = acoustics.dissection and clips.clip_id = acoustics.clip_id
left join captions on clips.dissection = captions.dissection and clips.clip_id = captions.clip_id
