-- Ours at the paper's function for each method (DB: cosine cubed, TAB: soft WPMI), beside the paper's own figures for
-- the network that is trained alike. The paper's are of ESC-50 (50 classes, chance 2 %); only the order compares.
with ours as (
    select * from {{ ref('rpt_last_layer_accuracy') }}
    where
        (method = 'DB' and similarity = 'cosine_cubed')
        or (method = 'TAB' and similarity = 'soft_wpmi')
        or method = 'ICL'
),

networks as (
    select
        dissection,
        case
            when family = 'embedded_ast' or architecture like 'AST%' then 'AST'
            when family in ('beats', 'embedded_beats') and target like '%frozen%' then 'BEATs-frozen'
            when family in ('beats', 'embedded_beats') then 'BEATs-finetuned'
        end as paper_network
    from {{ ref('dim_dissections') }}
),

paper (method, paper_network, top1_accuracy, top5_accuracy, cosine) as (
    values
    ('ICL', 'AST', 0.72::double, 0.60::double, 0.83::double),
    ('ICL', 'BEATs-finetuned', 0.52, 0.56, 0.68),
    ('ICL', 'BEATs-frozen', 0.16, 0.16, 0.37),
    ('TAB', 'AST', 0.96, 1.00, 0.98),
    ('TAB', 'BEATs-finetuned', 0.74, 0.92, 0.82),
    ('TAB', 'BEATs-frozen', 0.46, 0.72, 0.60),
    ('DB', 'AST', 1.00, 1.00, 1.00),
    ('DB', 'BEATs-finetuned', 0.76, 1.00, 0.83),
    ('DB', 'BEATs-frozen', 0.58, 0.82, 0.69)
)

select
    ours.dissection,
    ours.method,
    ours.similarity,
    ours.neurons_judged,
    ours.top1_accuracy,
    ours.top1_accuracy_low,
    ours.top1_accuracy_high,
    ours.top1_chance,
    ours.top5_accuracy,
    ours.top5_accuracy_low,
    ours.top5_accuracy_high,
    ours.top5_chance,
    ours.mean_class_cosine,
    networks.paper_network,
    paper.top1_accuracy as paper_top1_accuracy,
    paper.top5_accuracy as paper_top5_accuracy,
    paper.cosine as paper_cosine
from ours
left join networks on ours.dissection = networks.dissection
left join paper on networks.paper_network = paper.paper_network and ours.method = paper.method
order by ours.dissection, ours.method
