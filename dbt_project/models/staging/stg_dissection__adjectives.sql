select
    dissection,
    adjective,
    is_acoustic,
    describer,
    source,
    answer_id,
    missing_reason
from {{ source('dissection', 'adjectives') }}
where {{ is_wanted_dissection() }}
