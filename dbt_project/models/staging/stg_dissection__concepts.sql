select
    dissection,
    concept_id,
    concept,
    label
from {{ source('dissection', 'concepts') }}
where {{ is_wanted_dissection() }}
