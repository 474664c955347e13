with clips as (
    select * from {{ ref('int_clips_captioned') }}
)

select
    dissection,
    clip_id,
    filename,
    path,
    sha256,
    label,
    fold,
    caption,
    captioner,
    missing_reason as caption_missing_reason,
    duration_s,
    window_s,
    is_cropped,
    is_padded,
    sample_rate_hz,
    channels,
    rms_dbfs,
    loudness_dbfs,
    pitch_hz,
    brightness_hz,
    tonality,
    events_per_s,
    regularity,
    attack_ms,
    steadiness,
    true_loudness_dbfs,
    true_pitch_hz,
    true_brightness_hz,
    true_tonality,
    true_events_per_s,
    true_regularity,
    true_attack_ms,
    true_steadiness
from clips
