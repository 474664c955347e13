{#- Two names are the same if this is equal: the key of dagster_and/method/text/names.py, blind to case, underscores,
    dashes, plural and -ing. Only tables may call it. -#}
{% macro normalised_name(column) -%}
    name_key({{ column }})
{%- endmacro %}

{#- The words that a text denies, in lower case. -#}
{% macro words_denied(column) -%}
    regexp_split_to_array(
        array_to_string(regexp_extract_all(lower(coalesce({{ column }}, '')), '\b(?:not|anything but) [^,;.]*'), ' '),
        '[^a-z0-9''#-]+'
    )
{%- endmacro %}

{#- Whether one of the names in a list is among words, each with all of its own. -#}
{% macro is_named(names, words) -%}
    coalesce(
        len(list_filter(
            {{ names }}, lambda name: list_has_all({{ words }}, regexp_split_to_array(name, '[^a-z0-9''#-]+'))
        )) > 0,
        false
    )
{%- endmacro %}

{#- The words of a text, in lower case, without what it denies: nothing from "not" or "anything but" up to the next
    comma, semicolon or full stop. A plural is there without its s, too: dogs names dog. -#}
{% macro words_said(column) -%}
    list_concat({{ words_of(column) }}, list_transform({{ words_of(column) }}, lambda word: rtrim(word, 's')))
{%- endmacro %}

{% macro words_of(column) -%}
    regexp_split_to_array(
        regexp_replace(lower(coalesce({{ column }}, '')), '\b(not|anything but) [^,;.]*', '', 'g'), '[^a-z0-9''#-]+'
    )
{%- endmacro %}
