select
    dissection,
    clip_id,
    caption,
    captioner,
    answer_id,
    missing_reason
from {{ source('dissection', 'clip_captions') }}
where {{ is_wanted_dissection() }}
