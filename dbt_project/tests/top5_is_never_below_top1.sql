-- Top-5 accuracy holds top-1 accuracy in it.
select *
from {{ ref('rpt_last_layer_accuracy') }}
where top5_accuracy < top1_accuracy
