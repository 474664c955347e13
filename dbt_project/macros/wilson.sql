{#- Ends of the Wilson score interval (95 %) of a share: `side` is -1 for the low end, 1 for the high one. A share that
    is none, as one over 1, has some interval all the same: it is for a test to refuse, not for the build to stop at. -#}
{% macro wilson(hits, trials, side) -%}
case
    when {{ trials }} > 0 then
        greatest(0.0, least(1.0, (
            {{ hits }}::double / {{ trials }} + 1.9208 / {{ trials }}
            + {{ side }} * 1.96 * sqrt(greatest(
                0.0,
                {{ hits }}::double / {{ trials }} * (1 - {{ hits }}::double / {{ trials }}) / {{ trials }}
                + 0.9604 / ({{ trials }}::double * {{ trials }})
            ))
        ) / (1 + 3.8416 / {{ trials }})))
end
{%- endmacro %}
