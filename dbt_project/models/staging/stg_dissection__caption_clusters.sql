select
    dissection,
    clip_id,
    sentence_index,
    sentence,
    cluster
from {{ source('dissection', 'caption_clusters') }}
where {{ is_wanted_dissection() }}
