select
    dissection,
    concept_id,
    class_label,
    cosine
from {{ source('dissection', 'concept_similarities') }}
where {{ is_wanted_dissection() }}
