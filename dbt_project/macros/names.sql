{#- Class names and concepts are compared in lower case, with underscores and hyphens as blanks. -#}
{% macro normalised_name(column) -%}
    trim(regexp_replace(lower({{ column }}), '[\s_-]+', ' ', 'g'))
{%- endmacro %}
