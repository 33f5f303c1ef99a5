"""Forms: the form-js schema, read, linted, prefilled, validated and shown. Pure: no page, no database, no clock.

form = forms.parse(schema)
data = forms.initial(form, variables, env)          # what a fresh page shows
data = forms.read(form, request.form)               # what came back, as typed
values = forms.validate(form, data, variables, env) # typed JSON values, or InvalidFormError
forms.variables(form, values)                       # what becomes process variables
"""

from engine.core.forms.browser import SERVER, conditions_js
from engine.core.forms.conditions import fill, find_hidden, lenient, level_context, rows_of, uid
from engine.core.forms.display import Labels, PrintRow, label_of, print_rows
from engine.core.forms.example import example
from engine.core.forms.lint import lint
from engine.core.forms.outside import outside_names
from engine.core.forms.prefill import default_value, initial, is_readonly
from engine.core.forms.read import name_of, option_value, post_text, read, row_prefix
from engine.core.forms.schema import Component, Form, Option, Rules, as_option, fields_of, parse
from engine.core.forms.validate import (
    FieldError,
    Lookup,
    Lookups,
    is_required,
    options_of,
    type_values,
    validate,
    variables,
)
from engine.core.forms.values import Invalid, control_text, is_empty

__all__ = [
    "SERVER",
    "Component",
    "FieldError",
    "Form",
    "Invalid",
    "Labels",
    "Lookup",
    "Lookups",
    "Option",
    "PrintRow",
    "Rules",
    "as_option",
    "conditions_js",
    "control_text",
    "default_value",
    "example",
    "fields_of",
    "fill",
    "find_hidden",
    "initial",
    "is_empty",
    "is_readonly",
    "is_required",
    "label_of",
    "lenient",
    "level_context",
    "lint",
    "name_of",
    "option_value",
    "options_of",
    "outside_names",
    "parse",
    "post_text",
    "print_rows",
    "read",
    "row_prefix",
    "rows_of",
    "type_values",
    "uid",
    "validate",
    "variables",
]
