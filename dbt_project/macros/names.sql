{#- Class names and concepts are compared in lower case, with underscores and hyphens as blanks. -#}
{% macro normalised_name(column) -%}
    trim(regexp_replace(lower({{ column }}), '[\s_-]+', ' ', 'g'))
{%- endmacro %}

{#- The words of a text, in lower case, without what it denies: nothing from "not" or "anything but" up to the next
    comma, semicolon or full stop. -#}
{% macro words_said(column) -%}
    regexp_split_to_array(
        regexp_replace(lower(coalesce({{ column }}, '')), '\b(not|anything but) [^,;.]*', '', 'g'), '[^a-z0-9''-]+'
    )
{%- endmacro %}
