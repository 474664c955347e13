with source as (
    select * from {{ source('dissection', 'probing_clips') }}
    where {{ is_wanted_dissection() }}
),

renamed as (
    select
        dissection,
        clip_id,
        filename,
        path,
        sha256,
        label,
        fold,
        duration_s,
        window_s,
        is_cropped,
        is_padded,
        sample_rate_hz,
        channels,
        rms_dbfs,
        true_loudness_dbfs,
        true_pitch_hz,
        true_brightness_hz,
        true_tonality,
        true_events_per_s,
        true_regularity,
        true_attack_ms,
        true_steadiness,
        dataset_caption
    from source
)

select * from renamed
