{#- How far the ends of the 95 % interval of a mean lie from it, by Student's t; null for one value. Python gives the
    function (profiles.yml), so a model that calls it has to be a table. -#}
{% macro mean_reach(column) -%}
    student_t_quantile(0.975, count({{ column }}) - 1) * stddev_samp({{ column }}) / sqrt(count({{ column }}))
{%- endmacro %}

{#- The straight lines of `y` over `x`, one a group of the columns `by`, by ordinary least squares over those rows of
    `points` that have a y. A line needs three rows at two places and two values, or `missing_reason` says why there is
    none. Interval and p value are by Student's t, as if rows were independent; neurons of one layer are not, so p values
    are too small rather than too large. -#}
{% macro straight_lines(points, by, x, y) -%}
    {%- set group = by | join(', ') -%}
with summed as (
    select
        {{ group }},
        count({{ y }}) as neurons,
        count(distinct {{ x }}) filter (where {{ y }} is not null) as blocks,
        min({{ y }})::double as least,
        max({{ y }})::double as most,
        regr_slope({{ y }}, {{ x }}) as slope,
        regr_intercept({{ y }}, {{ x }}) as intercept,
        regr_sxx({{ y }}, {{ x }}) as sxx,
        regr_sxy({{ y }}, {{ x }}) as sxy,
        regr_syy({{ y }}, {{ x }}) as syy
    from {{ points }}
    group by {{ group }}
),

judged as (
    select
        *,
        case
            when blocks < 2 or neurons < 3
                then format('A line needs three neurons in two blocks; there are {} in {}.', neurons, blocks)
            when least = most then format('All {} neurons have the same value, {:g}.', neurons, least)
        end as missing_reason
    from summed
),

fitted as (
    select
        *,
        sqrt(greatest(0, syy - slope * sxy) / sxx / (neurons - 2)) as slope_error
    from judged
    where missing_reason is null
),

lines as (
    select
        {{ group }},
        slope,
        student_t_quantile(0.975, neurons - 2) * slope_error as slope_reach,
        intercept,
        coalesce(student_t_two_sided_p(slope / nullif(slope_error, 0), neurons - 2), 0) as p_value
    from fitted
)

select
    {{ group }},
    judged.neurons,
    judged.blocks,
    lines.slope,
    lines.slope - lines.slope_reach as slope_low,
    lines.slope + lines.slope_reach as slope_high,
    lines.intercept,
    lines.p_value,
    judged.missing_reason
from judged
left join lines using ({{ group }})
order by {{ group }}
{%- endmacro %}
