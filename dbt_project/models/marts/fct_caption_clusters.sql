with sentences as (
    select * from {{ ref('stg_dissection__caption_clusters') }}
)

select
    dissection,
    clip_id,
    sentence_index,
    sentence,
    cluster
from sentences
